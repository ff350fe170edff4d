using Experiments.Storage;
using Experiments.Trials;

namespace Orchestrator.Terminal;

/// <summary>Shows a running sweep to a person. Safe to call from any thread; never blocks the caller for long.</summary>
internal interface ISweepView : IAsyncDisposable
{
    /// <summary>Takes in a recorded event; <paramref name="live"/> is false for those of earlier runs.</summary>
    void Apply(RecordedEvent recorded, bool live);

    /// <summary>Takes in how far an attempt has come.</summary>
    void Tick(AttemptId attempt, int step, int steps, string phase);

    /// <summary>Nothing can be recorded at the moment, and why; null when it goes on.</summary>
    void Trouble(string? reason);
}
