using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Models.Vit;

/// <summary>The architecture of a vision transformer that classifies images.</summary>
public sealed record VitConfig
{
    /// <summary>Width h of a token.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width f within the feed-forward part.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads, which divides h.</summary>
    public required int Heads { get; init; }

    /// <summary>Pixels of the images that the position table was made for.</summary>
    public required (int Height, int Width) Image { get; init; }

    /// <summary>Pixels of a patch.</summary>
    public required (int Height, int Width) Patch { get; init; }

    /// <summary>Colour channels.</summary>
    public required int Channels { get; init; }

    /// <summary>Classes of the classifier.</summary>
    public required int Classes { get; init; }

    /// <summary>ε of the norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Name of the feed-forward part's activation.</summary>
    public required string Activation { get; init; }

    /// <summary>Whether query, key and value have a bias.</summary>
    public required bool QueryKeyValueBias { get; init; }

    /// <summary>Probability that training drops an element of what is added to the residual stream.</summary>
    public required double HiddenDropout { get; init; }

    /// <summary>Probability that training drops an attention weight.</summary>
    public required double AttentionDropout { get; init; }

    /// <summary>Standard deviation of fresh weights.</summary>
    public required double InitialDeviation { get; init; }

    /// <summary>Rows and columns of patches in an image of <see cref="Image"/>'s size.</summary>
    public (int Height, int Width) Grid => (Image.Height / Patch.Height, Image.Width / Patch.Width);

    /// <summary>Reads a <c>config.json</c>; absent fields take the family's defaults.</summary>
    /// <exception cref="AdapterException">When a field is wrong or asks for something unsupported.</exception>
    internal static VitConfig Read(JsonObject json)
    {
        var config = new ConfigReader(json);
        var (hidden, heads) = (config.Integer("hidden_size", 768), config.Integer("num_attention_heads", 12));
        if (hidden % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size = {hidden}");
        return new VitConfig
        {
            Hidden = hidden,
            Intermediate = config.Integer("intermediate_size", 3072),
            Layers = config.Integer("num_hidden_layers", 12),
            Heads = heads,
            Image = config.Size("image_size", 224),
            Patch = config.Size("patch_size", 16),
            Channels = config.Integer("num_channels", 3),
            Classes = config.CountOf("id2label") ?? config.Integer("num_labels", 2),
            NormEpsilon = config.Number("layer_norm_eps", 1e-12),
            Activation = config.Text("hidden_act", "gelu"),
            QueryKeyValueBias = config.Flag("qkv_bias", true),
            HiddenDropout = config.Number("hidden_dropout_prob", 0),
            AttentionDropout = config.Number("attention_probs_dropout_prob", 0),
            InitialDeviation = config.Number("initializer_range", 0.02),
        };
    }
}
