using Adapters.Models;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tasks.Metrics;
using static TorchSharp.torch;

namespace Adapters.Pretraining;

/// <summary>Next-token prediction on the general part of the corpus: what a language base is made by.</summary>
/// <param name="corpus">The corpus folder.</param>
/// <param name="length">Tokens of a sequence.</param>
internal sealed class LanguagePretraining(string corpus, int length) : LearningTask
{
    private const int EvaluationSequences = 64;
    private readonly TokenizedCorpus _corpus = new(corpus, corpus);
    private readonly Dictionary<Split, TokenWindows> _windows = [];

    public override Metric Metric { get; } = new("perplexity", Maximize: false);

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed) =>
        LanguageBatches.Loss(model.Causal("pretraining"), size, SplitMix64.Of(seed, (ulong)batch), length, WindowsOf(Split.Train).Draw);

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var losses = new PositionedLoss(1, length);
        LanguageBatches.Measure(model.Causal("pretraining"), WindowsOf(split).Spread(EvaluationSequences),
            each => losses.Add(each), cancel);
        return new Dictionary<string, double> { ["loss"] = losses.Mean, ["perplexity"] = losses.Perplexity };
    }

    public override void Dispose()
    {
        _corpus.Dispose();
        base.Dispose();
    }

    private TokenWindows WindowsOf(Split split) => _windows.TryGetValue(split, out var windows) ? windows
        : _windows[split] = new TokenWindows([_corpus.Concatenate(_corpus.LinesOf(split, Domains.General))], length);
}
