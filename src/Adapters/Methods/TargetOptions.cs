using Adapters.Options;

namespace Adapters.Methods;

/// <summary>The options of every method that adapts layers one by one.</summary>
public abstract record TargetOptions
{
    /// <summary>Layers to adapt, by name or dotted end of it, or all-linear; the model's default where absent.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Which biases of the base are trained along.</summary>
    [PeftField("bias")]
    public BiasTraining Bias { get; init; }
}
