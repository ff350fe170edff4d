namespace Adapters.Models.Sam;

/// <summary>The architecture of SAM's image encoder.</summary>
public sealed record SamVisionConfig
{
    /// <summary>Width h of a token.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width within the feed-forward part.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Channels c of the image embedding.</summary>
    public required int Outputs { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads, which divides h.</summary>
    public required int Heads { get; init; }

    /// <summary>Colour channels.</summary>
    public required int Channels { get; init; }

    /// <summary>Pixels of the images.</summary>
    public required (int Height, int Width) Image { get; init; }

    /// <summary>Pixels of a patch.</summary>
    public required (int Height, int Width) Patch { get; init; }

    /// <summary>Rows and columns of a window; 0 where all blocks are global.</summary>
    public required int Window { get; init; }

    /// <summary>Indexes of the blocks that attend over the whole grid.</summary>
    public required IReadOnlyList<int> GlobalBlocks { get; init; }

    /// <summary>Whether a position table is added to the patches.</summary>
    public required bool AbsolutePositions { get; init; }

    /// <summary>Whether attention has a bias by relative position.</summary>
    public required bool RelativePositions { get; init; }

    /// <summary>Whether the fused query, key and value have a bias.</summary>
    public required bool QueryKeyValueBias { get; init; }

    /// <summary>Name of the feed-forward part's activation.</summary>
    public required string Activation { get; init; }

    /// <summary>ε of the blocks' norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Probability that training drops an attention weight.</summary>
    public required double AttentionDropout { get; init; }

    /// <summary>Frequencies of the grid's position code, half its channels.</summary>
    public required int PositionFrequencies { get; init; }

    /// <summary>Rows and columns of patches.</summary>
    public (int Height, int Width) Grid => (Image.Height / Patch.Height, Image.Width / Patch.Width);

    /// <summary>Rows and columns that a block attends over at once.</summary>
    public (int Height, int Width) AttendedBy(int block) => IsWindowed(block) ? (Window, Window) : Grid;

    /// <summary>Whether a block attends within windows.</summary>
    public bool IsWindowed(int block) => Window > 0 && !GlobalBlocks.Contains(block);

    internal static SamVisionConfig Read(ConfigReader config)
    {
        var (hidden, heads) = (config.Integer("hidden_size", 768), config.Integer("num_attention_heads", 12));
        if (hidden % heads != 0)
            throw config.Fault("num_attention_heads", $"a divisor of hidden_size = {hidden}");
        var outputs = config.Integer("output_channels", 256);
        return new SamVisionConfig
        {
            Hidden = hidden,
            Intermediate = config.Integer("mlp_dim", (int)(hidden * config.Number("mlp_ratio", 4))),
            Outputs = outputs,
            Layers = config.Integer("num_hidden_layers", 12),
            Heads = heads,
            Channels = config.Integer("num_channels", 3),
            Image = config.Size("image_size", 1024),
            Patch = config.Size("patch_size", 16),
            Window = config.Integer("window_size", 14, least: 0),
            GlobalBlocks = config.Integers("global_attn_indexes", [2, 5, 8, 11]),
            AbsolutePositions = config.Flag("use_abs_pos", true),
            RelativePositions = config.Flag("use_rel_pos", true),
            QueryKeyValueBias = config.Flag("qkv_bias", true),
            Activation = config.Text("hidden_act", "gelu"),
            NormEpsilon = config.Number("layer_norm_eps", 1e-6),
            AttentionDropout = config.Number("attention_dropout", 0),
            PositionFrequencies = config.Integer("num_pos_feats", outputs / 2),
        };
    }
}
