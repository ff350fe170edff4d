namespace Adapters.Tasks.Data;

/// <summary>A texture of six plane waves of random directions and phases, with a variance of one half.</summary>
internal readonly struct WaveTexture
{
    private const int Waves = 6;
    private readonly (double X, double Y, double Phase)[] _waves = new (double, double, double)[Waves];

    /// <param name="random">Where the waves are drawn from: direction, frequency, phase of each in turn.</param>
    /// <param name="lowest">Lowest frequency, in waves a picture.</param>
    /// <param name="range">Width of the band of frequencies.</param>
    public WaveTexture(ref SplitMix64 random, double lowest, double range)
    {
        for (var i = 0; i < Waves; i++)
        {
            var direction = 2 * Math.PI * random.NextDouble();
            var frequency = lowest + range * random.NextDouble();
            var phase = 2 * Math.PI * random.NextDouble();
            _waves[i] = (2 * Math.PI * frequency * Math.Cos(direction), 2 * Math.PI * frequency * Math.Sin(direction), phase);
        }
    }

    /// <summary>Its value at a point of the unit square.</summary>
    public double At(double x, double y)
    {
        var sum = 0.0;
        foreach (var wave in _waves)
            sum += Math.Cos(wave.X * x + wave.Y * y + wave.Phase);
        return sum / Math.Sqrt(Waves);
    }
}
