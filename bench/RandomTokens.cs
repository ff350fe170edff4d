using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Tasks;
using static TorchSharp.torch;

namespace Bench;

/// <summary>Language modelling on random tokens: nothing to learn, all of the work.</summary>
internal sealed class RandomTokens(int length) : LearningTask
{
    public override Metric Metric { get; } = new("loss", Maximize: false);

    public override int? TargetLength => length;

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        var tokens = randint(NanoModel.Vocabulary, [size, length]);
        return ((CausalModel)model).Loss(tokens, tokens).MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel) =>
        new Dictionary<string, double>();
}
