using System.Runtime.Intrinsics;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The density of some trials as a mixture: the prior, and for each trial the product of its kernels over all columns, so
/// that what goes together is drawn together (Falkner, Klein and Hutter 2018, section 3.2).
/// </summary>
/// <param name="columns">What a trial consists of.</param>
/// <param name="bandwidthFactor">What Scott's bandwidths are multiplied by.</param>
/// <param name="priorWeight">Weight of the prior, where trials weigh 1 on average.</param>
/// <param name="isLocal">Whether the kernels of reals have the bandwidths of <see cref="NeighbourRule"/> in place of Scott's.</param>
internal sealed class ParzenEstimator(Column[] columns, double bandwidthFactor, double priorWeight, bool isLocal = false)
{
    private readonly Kernels[] _kernels = [.. columns.Select(column => column.NewKernels(isLocal))];
    private double _totalWeight;
    private double _logPrior;
    private int _count;

    // One for each trial; the logarithms and exponents are filled up to whole vectors with components of no weight.
    private double[] _weights = [];
    private double[] _logHeights = [];
    private double[] _exponents = [];
    private double[] _coordinates = [];

    /// <summary>Takes trials.</summary>
    /// <param name="rows">Their coordinates, trial by trial.</param>
    /// <param name="weights">One a trial.</param>
    public void Fit(ReadOnlySpan<double> rows, ReadOnlySpan<double> weights)
    {
        _count = weights.Length;
        Reserve(Padded);
        weights.CopyTo(_weights);
        _totalWeight = priorWeight;
        foreach (var weight in weights)
            _totalWeight += weight;

        _logPrior = Math.Log(priorWeight / _totalWeight);
        for (var i = 0; i < _count; i++)
            _logHeights[i] = Math.Log(_weights[i] / _totalWeight);
        _logHeights.AsSpan(_count, Padded - _count).Fill(double.NegativeInfinity);
        for (var column = 0; column < columns.Length; column++)
        {
            for (var i = 0; i < _count; i++)
                _coordinates[i] = rows[(i * columns.Length) + column];
            _kernels[column].Fit(_coordinates.AsSpan(0, _count), bandwidthFactor, columns.Length, _logHeights.AsSpan(0, Padded));
        }
    }

    /// <summary>Draws a row of coordinates.</summary>
    public void Draw(Span<double> row, KeyedDraws draws)
    {
        var component = DrawComponent(draws);
        for (var column = 0; column < columns.Length; column++)
            row[column] = component < _count ? _kernels[column].Draw(component, draws) : columns[column].Draw(draws);
    }

    /// <summary>Logarithm of the density over the prior's. Costs one exponential a trial.</summary>
    public double LogDensity(ReadOnlySpan<double> row)
    {
        var exponents = _exponents.AsSpan(0, Padded);
        _logHeights.AsSpan(0, Padded).CopyTo(exponents);
        for (var column = 0; column < columns.Length; column++)
            _kernels[column].AddAt(row[column], exponents);

        var largest = Vector256.Create(_logPrior);
        for (var i = 0; i < exponents.Length; i += Vector256<double>.Count)
            largest = Vector256.Max(largest, Vector256.Create<double>(exponents[i..]));
        var top = _logPrior;
        for (var lane = 0; lane < Vector256<double>.Count; lane++)
            top = Math.Max(top, largest[lane]);

        var least = Vector256.Create(-700.0); // what is nothing beside the top costs much more where it underflows
        var sum = Vector256<double>.Zero;
        for (var i = 0; i < exponents.Length; i += Vector256<double>.Count)
            sum += Vector256.Exp(Vector256.Max(Vector256.Create<double>(exponents[i..]) - Vector256.Create(top), least));
        return top + Math.Log(Vector256.Sum(sum) + Math.Exp(_logPrior - top));
    }

    private int Padded => (_count + Vector256<double>.Count - 1) / Vector256<double>.Count * Vector256<double>.Count;

    /// <summary>A trial by weight; the number of trials stands for the prior.</summary>
    private int DrawComponent(KeyedDraws draws)
    {
        var place = draws.Real() * _totalWeight;
        var component = 0;
        while (component < _count && (place -= _weights[component]) >= 0)
            component++;
        return component;
    }

    private void Reserve(int count)
    {
        if (_weights.Length >= count)
            return;
        _weights = new double[2 * count];
        _logHeights = new double[2 * count];
        _exponents = new double[2 * count];
        _coordinates = new double[2 * count];
    }
}
