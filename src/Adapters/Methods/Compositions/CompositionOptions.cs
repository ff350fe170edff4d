using System.ComponentModel.DataAnnotations;

namespace Adapters.Methods.Compositions;

/// <summary>The options of every composition that weighs its experts beforehand.</summary>
public abstract record CompositionOptions
{
    /// <summary>Weight of each expert, in the order of their trials; 1 each where absent.</summary>
    [Range(-1000.0, 1000.0)]
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>Whether the weights are divided by their sum, so that by default each is one over the number of experts.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>The weights of so many experts.</summary>
    /// <exception cref="AdapterException">When there are more or fewer, or they are to be divided by zero.</exception>
    internal double[] WeightsOf(string method, int experts)
    {
        if (Weights is { } given && given.Count != experts)
            throw new AdapterException($"Option 'weights' of method '{method}' is [{string.Join(", ", given)}], but must have a weight "
                + $"for each of the {experts} experts.");
        var weights = Weights?.ToArray() ?? Enumerable.Repeat(1.0, experts).ToArray();
        if (!Normalize)
            return weights;
        var sum = weights.Sum();
        return sum != 0 ? [.. weights.Select(weight => weight / sum)]
            : throw new AdapterException($"Option 'weights' of method '{method}' is [{string.Join(", ", weights)}], which sums to 0 and "
                + "cannot be normalized: set 'normalize' to false.");
    }
}
