using Adapters.Models;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Training;

/// <summary>Regression on random points of a sine.</summary>
internal sealed class SineTask : LearningTask
{
    private readonly Dictionary<Split, (Tensor X, Tensor Y)> _sets = new()
    {
        [Split.Validation] = Sample(16, 1001),
        [Split.Test] = Sample(16, 1002),
    };

    /// <summary>The batches that were asked for, in order.</summary>
    public List<long> Batches { get; } = [];

    /// <summary>Called before an evaluation.</summary>
    public Action<Split, BaseModel>? Evaluating { get; init; }

    /// <summary>What the loss of a batch is multiplied by.</summary>
    public Func<long, double> Weight { get; init; } = _ => 1;

    public override Metric Metric => new("error", Maximize: false);

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        Batches.Add(batch);
        var (x, y) = Sample(size, seed, (ulong)batch);
        return Weight(batch) * functional.mse_loss(((TinyModel)model).Forward(x), y);
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        Evaluating?.Invoke(split, model);
        cancel.ThrowIfCancellationRequested();
        var (x, y) = _sets[split];
        var error = functional.l1_loss(((TinyModel)model).Forward(x), y).item<float>();
        return new Dictionary<string, double> { ["error"] = error, ["draw"] = rand(1).item<float>() };
    }

    public override void Dispose()
    {
        foreach (var (x, y) in _sets.Values)
        {
            x.Dispose();
            y.Dispose();
        }
        base.Dispose();
    }

    private static (Tensor X, Tensor Y) Sample(int size, params ulong[] seed)
    {
        var random = SplitMix64.Of(seed);
        var values = new float[size * 4];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((4 * random.NextDouble()) - 2);
        var x = tensor(values).reshape(size, 4);
        return (x, x.narrow(1, 0, 2).sin());
    }
}
