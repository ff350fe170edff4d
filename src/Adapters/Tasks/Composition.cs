using System.ComponentModel.DataAnnotations;
using Adapters.Models;
using Adapters.Pretraining;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tasks.Metrics;
using static TorchSharp.torch;

namespace Adapters.Tasks;

/// <summary>Puts skills together: text of several subjects, each of which an expert can be trained on, and mixtures of them.</summary>
/// <remarks>
/// Experts are trained on one subject each; what composes them is trained and measured on documents whose lines come from
/// two or three subjects in turn. Networking is never trained on. MoLE, Wu et al. 2024, arXiv:2404.13628.
/// </remarks>
[LearningTask("composition", Families = ["llama", "mistral", "qwen2"], DefaultBase = "nano", Metric = "perplexity",
    Metrics =
    [
        "perplexity", "perplexity_web", "perplexity_data", "perplexity_security", "perplexity_intrinsics", "perplexity_networking", "loss",
    ])]
internal sealed class Composition(Composition.Options options, TaskSetting setting) : LearningTask
{
    private const string HeldOut = "networking";
    private static readonly string[] Subjects = ["web", "data", "security", "intrinsics"];

    public sealed record Options : ITaskOptions<Options>
    {
        /// <summary>What is trained on: one subject, the union of all four, or documents that mix them line by line.</summary>
        [AllowedValues("web", "data", "security", "intrinsics", "union", "mixture")]
        public string Domain { get; init; } = "mixture";

        /// <summary>Tokens of a sequence.</summary>
        [Range(8, 1_000_000)]
        public int Length { get; init; } = 128;

        /// <summary>Sequences of each subject in an evaluation; of the mixture four times as many.</summary>
        [Range(1, 100_000)]
        public int Sequences { get; init; } = 10;

        public static Options At(string size) => size switch
        {
            "smoke" => new() { Length = 64, Sequences = 3 },
            "quickstart" => new(),
            _ => new() { Length = 1024, Sequences = 100 },
        };
    }

    private readonly TokenizedCorpus _corpus = Preparations.OpenCorpus(setting);
    private readonly Dictionary<(Split, string), TokenWindows> _windows = [];

    public override Metric Metric { get; } = new("perplexity", Maximize: false);

    public override IReadOnlyList<string> Fit(BaseModel model)
    {
        model.Causal("composition").InterpolatePositions(1);
        return [];
    }

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed) =>
        LanguageBatches.Loss(model.Causal("composition"), size, SplitMix64.Of(seed, (ulong)batch), options.Length,
            WindowsOf(Split.Train, options.Domain).Draw);

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var mixture = Measure("mixture", 4 * options.Sequences);
        var metrics = new Dictionary<string, double> { ["loss"] = mixture.Mean, ["perplexity"] = mixture.Perplexity };
        foreach (var domain in Subjects.Append(HeldOut))
            metrics[$"perplexity_{domain}"] = Measure(domain, options.Sequences).Perplexity;
        return metrics;

        PositionedLoss Measure(string domain, int sequences)
        {
            var losses = new PositionedLoss(1, options.Length);
            LanguageBatches.Measure(model.Causal("composition"), WindowsOf(split, domain).Spread(sequences),
                each => losses.Add(each), cancel);
            return losses;
        }
    }

    public override void Dispose()
    {
        _corpus.Dispose();
        base.Dispose();
    }

    private TokenWindows WindowsOf(Split split, string domain)
    {
        if (_windows.TryGetValue((split, domain), out var windows))
            return windows;
        var documents = domain switch
        {
            "mixture" => SubjectMixture.Documents(Subjects.Select(subject => Lines(subject)), split),
            "union" => Subjects.Select(Document),
            _ => [Document(domain)],
        };
        return _windows[(split, domain)] = new TokenWindows(documents, options.Length);

        int[][] Lines(string subject) => [.. _corpus.LinesOf(split, [subject]).Select(_corpus.TokensOf)];

        int[] Document(string subject) => _corpus.Concatenate(_corpus.LinesOf(split, [subject]));
    }
}
