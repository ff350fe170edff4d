namespace Bench.Simulation;

/// <summary>
/// A training whose expected loss is known: gradient descent on ½ Σ h θ² with gradient noise of variance h, of curvatures h = 1, 1/2,
/// 1/3 …: E[θ²] ← (1 − η h)² E[θ²] + η² h. A high rate is fast and then stays above a floor of noise; a low one is slow.
/// </summary>
internal sealed class NoisyQuadratic
{
    private const int Dimensions = 50;

    private readonly double[] _squares = [.. Enumerable.Repeat(100.0, Dimensions)]; // E[θ²] of each

    /// <summary>Steps that were made.</summary>
    public int Steps { get; private set; }

    /// <summary>The expected loss.</summary>
    public double Loss => _squares.Select((square, place) => square / (place + 1) / 2).Sum();

    /// <summary>Makes a step at a rate.</summary>
    public void Step(double rate)
    {
        for (var place = 0; place < Dimensions; place++)
        {
            var curvature = 1.0 / (place + 1);
            var kept = 1 - rate * curvature;
            _squares[place] = kept * kept * _squares[place] + rate * rate * curvature;
        }

        Steps++;
    }

    /// <summary>The same training, to be gone on with apart.</summary>
    public NoisyQuadratic Copy()
    {
        var copy = new NoisyQuadratic { Steps = Steps };
        _squares.CopyTo(copy._squares, 0);
        return copy;
    }
}
