using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Models.Sam;

/// <summary>The architecture of a Segment Anything model.</summary>
/// <param name="Vision">The image encoder.</param>
/// <param name="Prompt">The prompt encoder.</param>
/// <param name="Decoder">The mask decoder.</param>
/// <param name="InitialDeviation">Standard deviation of fresh weights.</param>
public sealed record SamConfig(SamVisionConfig Vision, SamPromptConfig Prompt, SamDecoderConfig Decoder, double InitialDeviation)
{
    /// <summary>Reads a <c>config.json</c>; absent fields take the family's defaults, also within the nested configs.</summary>
    /// <exception cref="AdapterException">When a field is wrong or asks for something unsupported.</exception>
    internal static SamConfig Read(JsonObject json)
    {
        var config = new ConfigReader(json);
        var nothing = new ConfigReader([]);
        var vision = SamVisionConfig.Read(config.Section("vision_config") ?? nothing);
        var decoder = SamDecoderConfig.Read(config.Section("mask_decoder_config") ?? nothing);
        var prompt = SamPromptConfig.Read(config.Section("prompt_encoder_config") ?? nothing);
        MustEqual("mask_decoder_config.hidden_size", decoder.Hidden, "vision_config.output_channels", vision.Outputs);
        MustEqual("prompt_encoder_config.hidden_size", prompt.Hidden, "vision_config.output_channels", vision.Outputs);
        MustEqual("vision_config.num_pos_feats", vision.PositionFrequencies, "half of vision_config.output_channels", vision.Outputs / 2);
        return new SamConfig(vision, prompt, decoder, config.Number("initializer_range", 0.02));
    }

    private static void MustEqual(string field, int value, string other, int wanted)
    {
        if (value != wanted)
            throw new AdapterException($"config.json: '{field}' is {value}, but must equal {other}, which is {wanted}.");
    }
}

/// <summary>The prompt encoder: only its weights are kept, since masks are decoded without prompts.</summary>
/// <param name="Hidden">Width c of a prompt.</param>
/// <param name="MaskChannels">Channels within the mask embedding.</param>
/// <param name="Points">Kinds of point and box corner.</param>
public sealed record SamPromptConfig(int Hidden, int MaskChannels, int Points)
{
    internal static SamPromptConfig Read(ConfigReader config) => new(config.Integer("hidden_size", 256),
        config.Integer("mask_input_channels", 16, least: 4), config.Integer("num_point_embeddings", 4));
}
