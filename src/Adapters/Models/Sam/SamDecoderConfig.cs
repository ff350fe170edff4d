namespace Adapters.Models.Sam;

/// <summary>The architecture of SAM's mask decoder.</summary>
public sealed record SamDecoderConfig
{
    /// <summary>Width c of a token, a multiple of 8.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width within the feed-forward part.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Number of two-way blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>By how much the last attention of the tokens to the image is narrower than c.</summary>
    public required int Downsampling { get; init; }

    /// <summary>Masks that the decoder can give beside the single one.</summary>
    public required int MultimaskOutputs { get; init; }

    /// <summary>Layers of the network that judges the masks.</summary>
    public required int JudgeDepth { get; init; }

    /// <summary>Width within that network.</summary>
    public required int JudgeHidden { get; init; }

    /// <summary>Name of the feed-forward parts' activation.</summary>
    public required string Activation { get; init; }

    /// <summary>ε of the norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Mask tokens: the single one and the others.</summary>
    public int MaskTokens => 1 + MultimaskOutputs;

    internal static SamDecoderConfig Read(ConfigReader config)
    {
        var (hidden, heads) = (config.Integer("hidden_size", 256), config.Integer("num_attention_heads", 8));
        var downsampling = config.Integer("attention_downsample_rate", 2);
        if (hidden % 8 != 0)
            throw config.Fault("hidden_size", "a multiple of 8");
        if (hidden % (downsampling * heads) != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size / attention_downsample_rate = {hidden} / {downsampling}");
        if (hidden % (SamTwoWayBlock.Downsampling * heads) != 0)
        {
            throw config.Fault("num_attention_heads",
                $"a divisor of hidden_size / {SamTwoWayBlock.Downsampling} = {hidden} / {SamTwoWayBlock.Downsampling}");
        }

        return new SamDecoderConfig
        {
            Hidden = hidden,
            Intermediate = config.Integer("mlp_dim", 2048),
            Layers = config.Integer("num_hidden_layers", 2),
            Heads = heads,
            Downsampling = downsampling,
            MultimaskOutputs = config.Integer("num_multimask_outputs", 3),
            JudgeDepth = Math.Max(2, config.Integer("iou_head_depth", 3)), // a first and a last are always there
            JudgeHidden = config.Integer("iou_head_hidden_dim", 256),
            Activation = config.Text("hidden_act", "relu"),
            NormEpsilon = config.Number("layer_norm_eps", 1e-6),
        };
    }
}
