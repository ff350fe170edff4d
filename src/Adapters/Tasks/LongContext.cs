using System.ComponentModel.DataAnnotations;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Pretraining;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tasks.Metrics;
using static TorchSharp.torch;

namespace Adapters.Tasks;

/// <summary>Reads longer text than the base was pretrained at: perplexity of documentation by position, and a hidden number.</summary>
/// <remarks>
/// The positions of the base are interpolated linearly for every method, so what is compared is how a method gets used to
/// them. A document is the lines of one file in order, so that names far back help. LongLoRA, Chen et al. 2023,
/// arXiv:2309.12307.
/// </remarks>
[LearningTask("long-context", Families = ["llama", "mistral", "qwen2"], DefaultBase = "nano", Metric = "perplexity",
    Metrics =
    [
        "perplexity", "perplexity_quarter_1", "perplexity_quarter_2", "perplexity_quarter_3", "perplexity_quarter_4",
        "perplexity_original", "perplexity_sliding", "passkey", "loss",
    ])]
internal sealed class LongContext : LearningTask
{
    private const int Quarters = 4;
    private const ulong PasskeySeed = 0x5041_5353; // of the keys that are asked for in evaluations

    public sealed record Options : ITaskOptions<Options>
    {
        /// <summary>Tokens of a sequence: what the model is to get used to.</summary>
        [Range(16, 1_000_000)]
        public int Length { get; init; } = 512;

        /// <summary>Tokens of a sequence that is trained on, where those are to be shorter: positions are interpolated for length all the
        /// same, so that what learnt from several lengths can be mixed.</summary>
        [Range(16, 1_000_000)]
        public int? TrainLength { get; init; }

        /// <summary>Sequences of that length in an evaluation, for perplexity.</summary>
        [Range(1, 100_000)]
        public int Sequences { get; init; } = 12;

        /// <summary>Documents of twice that length in an evaluation, over which a window of that length slides.</summary>
        [Range(0, 100_000)]
        public int SlidingDocuments { get; init; } = 1;

        /// <summary>Steps of a window's length that it slides in: 4 moves it by a quarter.</summary>
        [Range(1, 1024)]
        public int SlidingSteps { get; init; } = 4;

        /// <summary>Hidden numbers asked for in an evaluation, at evenly spread depths; 0 asks for none.</summary>
        [Range(0, 10_000)]
        public int PasskeyTrials { get; init; } = 4;

        /// <summary>Share of the training sequences that hide a number, in the form that is tested, with other numbers.</summary>
        [Range(0.0, 1.0)]
        public double PasskeyShare { get; init; } = 0.1;

        public static Options At(string size) => size switch
        {
            "smoke" => new() { Length = 128, Sequences = 4, SlidingDocuments = 1, SlidingSteps = 2, PasskeyTrials = 2 },
            "quickstart" => new(),
            _ => new() { Length = 8192, Sequences = 64, SlidingDocuments = 8, SlidingSteps = 32, PasskeyTrials = 10 },
        };
    }

    private readonly Options _options;
    private readonly TokenizedCorpus _corpus;
    private readonly int _trainLength;
    private readonly Passkey _passkey, _trainPasskey;
    private readonly Dictionary<(Split, int), TokenWindows> _windows = [];
    private int _original;

    public LongContext(Options options, TaskSetting setting)
    {
        (_options, _corpus) = (options, Preparations.OpenCorpus(setting));
        _trainLength = options.TrainLength ?? options.Length;
        if (_trainLength > options.Length)
            throw new AdapterException($"Option 'train_length' of task 'long-context' is {_trainLength}, but positions are interpolated "
                + $"for a 'length' of {options.Length}: choose it no longer.");
        var tokenizer = TextTokenizer.Load(_corpus.Tokenizer);
        (_passkey, _trainPasskey) = (new Passkey(tokenizer, options.Length), new Passkey(tokenizer, _trainLength));
        if ((options.PasskeyTrials > 0 && !_passkey.Fits) || (options.PasskeyShare > 0 && !_trainPasskey.Fits))
            throw new AdapterException($"Option '{(_passkey.Fits ? "train_length" : "length")}' of task 'long-context' is "
                + $"{(_passkey.Fits ? _trainLength : options.Length)}, too short to hide a number in: make it longer, or set "
                + "'passkey_trials' and 'passkey_share' to 0.");
    }

    public override Metric Metric { get; } = new("perplexity", Maximize: false);

    public override int? TargetLength => _options.Length;

    public override IReadOnlyList<string> Fit(BaseModel model)
    {
        var causal = model.Causal("long-context");
        _original = causal.Architecture.MaxPositions;
        causal.ReachLength(_options.Length);
        return [];
    }

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        var windows = WindowsOf(Split.Train, _trainLength);
        return LanguageBatches.Loss(model.Causal("long-context"), size, SplitMix64.Of(seed, (ulong)batch), _trainLength,
            (ref SplitMix64 random) => random.NextDouble() < _options.PasskeyShare
                ? _trainPasskey.Make(ref random, random.NextDouble())
                : windows.Draw(ref random));
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var causal = model.Causal("long-context");
        var sequences = WindowsOf(split, _options.Length).Spread(_options.Sequences);
        var (atTarget, atOriginal) = (new PositionedLoss(Quarters, _options.Length), new PositionedLoss(1, _options.Length));
        LanguageBatches.Measure(causal, sequences, losses =>
        {
            atTarget.Add(losses);
            atOriginal.Add(losses[..(Math.Min(_original, _options.Length) - 1)]); // no token sees what comes behind it
        }, cancel);

        var metrics = new Dictionary<string, double>
        {
            ["loss"] = atTarget.Mean,
            ["perplexity"] = atTarget.Perplexity,
            ["perplexity_original"] = atOriginal.Perplexity,
        };
        for (var quarter = 0; quarter < Quarters; quarter++)
            metrics[$"perplexity_quarter_{quarter + 1}"] = atTarget.PerplexityOf(quarter);
        if (_options.SlidingDocuments > 0)
            metrics["perplexity_sliding"] = Sliding(causal, split, cancel);
        if (_options.PasskeyTrials > 0)
            metrics["passkey"] = _passkey.Accuracy(causal, _options.PasskeyTrials, SplitMix64.Of(PasskeySeed, (ulong)split), cancel);
        return metrics;
    }

    public override void Dispose()
    {
        _corpus.Dispose();
        base.Dispose();
    }

    /// <summary>Perplexity of tokens that see nearly a whole window before them: each window counts only what the one before it
    /// did not reach.</summary>
    private double Sliding(CausalModel model, Split split, CancellationToken cancel)
    {
        var (length, step) = (_options.Length, Math.Max(1, _options.Length / _options.SlidingSteps));
        var loss = new PositionedLoss(1, length);
        foreach (var document in WindowsOf(split, 2 * length).Spread(_options.SlidingDocuments))
        {
            var windows = Enumerable.Range(1, (document.Length - length) / step).Select(i => document[(i * step)..(i * step + length)]);
            LanguageBatches.Measure(model, [.. windows], losses => loss.Add(losses, from: length - step), cancel);
        }
        return loss.Perplexity;
    }

    private TokenWindows WindowsOf(Split split, int length)
    {
        if (_windows.TryGetValue((split, length), out var windows))
            return windows;
        var documents = _corpus.LinesOf(split, Domains.General).GroupBy(line => _corpus.Lines[line].File).Select(_corpus.Concatenate);
        return _windows[(split, length)] = new TokenWindows(documents, length);
    }
}
