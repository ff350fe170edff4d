using Adapters.Training;

namespace Adapters.Tests.Tasks;

/// <summary>Keeps the checkpoints that it is told of, and calls back at each step.</summary>
internal sealed class SilentObserver(Action<int>? atStep = null) : ITrainingObserver
{
    public List<CheckpointReference> Checkpoints { get; } = [];

    public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
    {
    }

    public void CheckpointSaved(CheckpointReference checkpoint) => Checkpoints.Add(checkpoint);

    public void Progressed(int step, int steps, string phase) => atStep?.Invoke(step);
}
