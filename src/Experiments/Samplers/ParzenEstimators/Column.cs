using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// A parameter with more than one value, as an estimator sees it: a value is a number, its coordinate, and an observation
/// stands for a kernel around it. All densities are relative to the prior, which is uniform (in the logarithm where the
/// domain says so) and therefore has density 1 everywhere.
/// </summary>
internal abstract class Column
{
    /// <summary>Up to so many whole numbers or steps have a kernel of exact masses. Of more, each is so narrow that the density
    /// at its place says the same.</summary>
    private const int MostListed = 64;

    /// <summary>The column of a domain; null where there is a single value.</summary>
    public static Column? Of(Domain domain) => (domain, Axis.OfDraws(domain)) switch
    {
        (_, { Count: 1 }) => null,
        (Domain.Choice, { } axis) => new CategoricalColumn(axis),
        (Domain.Ordinal, { } axis) => new OrderedColumn(axis),
        (_, { Count: <= MostListed } axis) => new OrderedColumn(axis, Scale.Of(domain, axis)),
        (_, var axis) => new ContinuousColumn(domain, axis),
    };

    /// <summary>The coordinate of a value; NaN where the domain has no such value.</summary>
    public abstract double CoordinateOf(ParameterValue value);

    /// <summary>The value at a coordinate.</summary>
    public abstract ParameterValue ValueAt(double coordinate);

    /// <summary>Draws a coordinate from the prior.</summary>
    public abstract double Draw(KeyedDraws draws);

    /// <summary>Draws a coordinate from the kernel around another.</summary>
    public abstract double Draw(double centre, double bandwidth, KeyedDraws draws);

    /// <summary>New kernels for this column.</summary>
    /// <param name="isLocal">Whether each has the bandwidth of its neighbourhood, where the column knows such a thing.</param>
    public abstract Kernels NewKernels(bool isLocal);
}
