using System.Text.Json.Serialization;

namespace Adapters.Methods;

/// <summary>Which biases of the base are trained along, in PEFT's words.</summary>
public enum BiasTraining
{
    /// <summary>None.</summary>
    None,

    /// <summary>Every bias of the model.</summary>
    All,

    /// <summary>Those of the adapted layers.</summary>
    [JsonStringEnumMemberName("lora_only")]
    LoraOnly,
}
