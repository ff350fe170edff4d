using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Outputs of experts as a gate looks at them.</summary>
public interface IExpertOutputs
{
    /// <summary>Number of experts.</summary>
    int Count { get; }

    /// <summary>Number of features of an output.</summary>
    long Outputs { get; }

    /// <summary>What they compute in.</summary>
    ScalarType Precision { get; }

    /// <summary>Each expert's output, layer-normed over its features, in the coordinates of <see cref="Project"/>.</summary>
    /// <param name="h">What the experts make of an input.</param>
    /// <returns><c>[batch, positions, experts, k]</c></returns>
    Tensor Normalised(Tensor h);

    /// <summary>Takes weights of expert outputs to the coordinates of <see cref="Normalised"/>.</summary>
    /// <param name="weight"><c>[experts, positions, out, columns]</c></param>
    /// <returns><c>[experts, positions, k, columns]</c></returns>
    Tensor Project(Tensor weight);
}
