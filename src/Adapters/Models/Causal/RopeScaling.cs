using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Models.Causal;

/// <summary>How the angles of rotary positions are stretched beyond the length that a model was pretrained at.</summary>
public abstract record RopeScaling
{
    private RopeScaling() { }

    /// <summary>Angles as pretrained.</summary>
    public sealed record None : RopeScaling;

    /// <summary>Position interpolation: every angle divided by the factor.</summary>
    /// <remarks>Chen et al. 2023, arXiv:2306.15595.</remarks>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>The base grows with the length of the forward pass, once that exceeds the pretrained length.</summary>
    public sealed record Dynamic(double Factor) : RopeScaling;

    /// <summary>Long waves divided by the factor, short ones kept, a smooth passage between (Llama 3.1).</summary>
    public sealed record Llama3(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalLength)
        : RopeScaling;

    /// <summary>Reads <c>rope_scaling</c>, or <c>rope_parameters</c> of newer files.</summary>
    /// <exception cref="AdapterException">When it is of a kind that is not supported, with its name.</exception>
    internal static RopeScaling Read(ConfigReader config)
    {
        if (config.Section("rope_parameters") is not { } parameters)
            return config.Section("rope_scaling") is { } scaling ? Read(scaling, "rope_scaling", kindIfAbsent: null) : new None();
        if (config.Section("rope_scaling") is not null)
            throw new AdapterException(
                "config.json: 'rope_parameters' and 'rope_scaling' are both there; only one can say how positions are scaled.");
        return Read(parameters, "rope_parameters", kindIfAbsent: "default");
    }

    private static RopeScaling Read(ConfigReader section, string field, string? kindIfAbsent)
    {
        var kind = section.TextOrNull("rope_type") ?? section.TextOrNull("type") ?? kindIfAbsent
            ?? throw section.Fault("rope_type", "a string");
        return kind switch
        {
            "default" => new None(),
            "linear" => new Linear(FactorOf(section)),
            "dynamic" => new Dynamic(FactorOf(section)),
            "llama3" => new Llama3(FactorOf(section), section.Number("low_freq_factor"), section.Number("high_freq_factor"),
                section.IntegerOrNull("original_max_position_embeddings", null)
                    ?? throw section.Fault("original_max_position_embeddings", "an integer from 1")),
            _ => throw new AdapterException(
                $"config.json: rotary scaling '{kind}' of '{field}' is not supported; supported are linear, dynamic, llama3."),
        };
    }

    /// <summary>Writes no scaling, or a linear one, where the config keeps it and as the oldest readers understand it too.</summary>
    internal void WriteTo(JsonObject config, double theta)
    {
        var factor = this is Linear linear ? linear.Factor : (double?)null;
        if (config["rope_parameters"] is JsonObject)
            config["rope_parameters"] = factor is null
                ? new JsonObject { ["rope_type"] = "default", ["rope_theta"] = theta }
                : new JsonObject { ["rope_type"] = "linear", ["rope_theta"] = theta, ["factor"] = factor };
        else
            config["rope_scaling"] = factor is null ? null : new JsonObject { ["type"] = "linear", ["factor"] = factor };
    }

    private static double FactorOf(ConfigReader section) => section.Number("factor") is var factor && factor > 0
        ? factor : throw section.Fault("factor", "a number above 0");
}
