using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Models.Causal;

/// <summary>The architecture of a causal language model of the Llama family.</summary>
public sealed record CausalConfig
{
    /// <summary>Number of tokens V.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width h of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width f within the feed-forward part.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads H.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key/value heads K, which divides H.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width d of a head, even; H·d need not be h.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Length that the model was pretrained at.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>ε of the norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Base of the rotary angles.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>How the rotary angles are stretched.</summary>
    public required RopeScaling RopeScaling { get; init; }

    /// <summary>Name of the feed-forward part's activation.</summary>
    public required string Activation { get; init; }

    /// <summary>Whether the output layer's weight is the embedding's.</summary>
    public required bool Tied { get; init; }

    /// <summary>Whether q, k and v have a bias.</summary>
    public required bool QueryKeyValueBias { get; init; }

    /// <summary>Whether o has a bias.</summary>
    public required bool OutputBias { get; init; }

    /// <summary>Whether gate, up and down have a bias.</summary>
    public required bool FeedForwardBias { get; init; }

    /// <summary>A position sees this many positions, itself included; null sees all before it.</summary>
    public required int? Window { get; init; }

    /// <summary>Index of the first block that <see cref="Window"/> holds for.</summary>
    public required int FirstWindowedLayer { get; init; }

    /// <summary>Probability that training drops an attention weight.</summary>
    public required double AttentionDropout { get; init; }

    /// <summary>The token that fills rows up, whose embedding is not trained; null for none.</summary>
    public required int? PaddingToken { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public required double InitialDeviation { get; init; }

    /// <summary>What a family's files leave out, and where it has biases and windows.</summary>
    private sealed record Family(int Vocabulary, int Intermediate, int? KeyValueHeads, int MaxPositions,
        Func<ConfigReader, (bool QueryKeyValue, bool Output, bool FeedForward)> Biases,
        Func<ConfigReader, (int? Width, int FirstLayer)> Window);

    private static readonly Dictionary<string, Family> Families = new()
    {
        ["llama"] = new(32000, 11008, null, 2048,
            config => (config.Flag("attention_bias", false), config.Flag("attention_bias", false), config.Flag("mlp_bias", false)),
            _ => (null, 0)),
        ["mistral"] = new(32000, 14336, 8, 131072,
            _ => (false, false, false),
            config => (config.IntegerOrNull("sliding_window", 4096), 0)),
        ["qwen2"] = new(151936, 22016, 32, 32768,
            _ => (true, false, false),
            config => config.Flag("use_sliding_window", false)
                ? (config.IntegerOrNull("sliding_window", 4096), config.Integer("max_window_layers", 28, least: 0))
                : (null, 0)),
    };

    /// <summary>The names of the families, which are values of <c>model_type</c>.</summary>
    internal static IEnumerable<string> FamilyNames => Families.Keys;

    /// <summary>Reads a <c>config.json</c>; absent fields take the family's defaults.</summary>
    /// <exception cref="AdapterException">When a field is wrong or asks for something unsupported.</exception>
    internal static CausalConfig Read(string family, JsonObject json)
    {
        var (config, defaults) = (new ConfigReader(json), Families[family]);
        var (hidden, heads) = (config.Integer("hidden_size", 4096), config.Integer("num_attention_heads", 32));
        var keyValueHeads = config.Integer("num_key_value_heads",
            !config.Has("num_key_value_heads") && defaults.KeyValueHeads is { } usual && heads % usual == 0 ? usual : heads);
        if (heads % keyValueHeads != 0)
            throw config.Fault("num_key_value_heads", $"a divisor of num_attention_heads = {heads}");
        var headWidth = config.IntegerOrNull("head_dim", null)
            ?? (hidden % heads == 0 ? hidden / heads : throw config.Fault("num_attention_heads", $"a divisor of hidden_size = {hidden}"));
        if (headWidth % 2 != 0)
            throw new AdapterException($"config.json: heads are {headWidth} wide, but rotary positions need an even width.");

        var vocabulary = config.Integer("vocab_size", defaults.Vocabulary);
        var (queryKeyValueBias, outputBias, feedForwardBias) = defaults.Biases(config);
        var (window, firstWindowedLayer) = defaults.Window(config);
        return new CausalConfig
        {
            Vocabulary = vocabulary,
            Hidden = hidden,
            Intermediate = config.Integer("intermediate_size", defaults.Intermediate),
            Layers = config.Integer("num_hidden_layers", 32),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadWidth = headWidth,
            MaxPositions = config.Integer("max_position_embeddings", defaults.MaxPositions),
            NormEpsilon = config.Number("rms_norm_eps", 1e-6),
            RopeTheta = ThetaOf(config),
            RopeScaling = RopeScaling.Read(config),
            Activation = config.Text("hidden_act", "silu"),
            Tied = config.Flag("tie_word_embeddings", false),
            QueryKeyValueBias = queryKeyValueBias,
            OutputBias = outputBias,
            FeedForwardBias = feedForwardBias,
            Window = window,
            FirstWindowedLayer = firstWindowedLayer,
            PaddingToken = PaddingOf(config, vocabulary),
            AttentionDropout = config.Number("attention_dropout", 0),
            InitialDeviation = config.Number("initializer_range", 0.02),
        };
    }

    /// <summary>Below 0 it counts from the end of the table, as in the reference.</summary>
    private static int? PaddingOf(ConfigReader config, int vocabulary)
    {
        const int None = int.MaxValue;
        var padding = config.Integer("pad_token_id", None, least: -vocabulary);
        return padding == None ? null : padding < 0 ? padding + vocabulary : padding;
    }

    private static double ThetaOf(ConfigReader config)
    {
        var theta = config.Number("rope_theta", 10000);
        return config.Section("rope_parameters")?.Number("rope_theta", theta) ?? theta;
    }
}
