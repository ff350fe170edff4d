namespace Experiments.Samplers.ParzenEstimators;

/// <summary>Draws one after the other from a stream of their own.</summary>
internal sealed class KeyedDraws(KeyedStream stream)
{
    private ulong _counter;

    /// <summary>A real in [0, 1).</summary>
    public double Real() => stream.Real(_counter++);

    /// <summary>A whole number in [0, <paramref name="count"/>).</summary>
    public int Below(int count) => (int)stream.Below(count, _counter++);

    /// <summary>A standard normal number (Box and Muller 1958).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Real())) * Math.Cos(2 * Math.PI * Real());
}
