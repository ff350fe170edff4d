namespace Adapters.Training;

/// <summary>
/// The seed of Torch's generators at a step, as a hash of the trial's seed and the step: what dropout and noise draw
/// does not depend on where a training was resumed, so random state need not be saved.
/// </summary>
internal static class StepSeed
{
    /// <summary>SplitMix64's output (Steele, Lea and Flood 2014) at position <paramref name="step"/> of the stream that
    /// <paramref name="seed"/>, itself mixed, begins.</summary>
    /// <param name="seed">The trial's seed.</param>
    /// <param name="step">The step from 1; 0 for what comes before the first.</param>
    public static long Of(ulong seed, int step) => (long)Mix(Mix(seed) + ((ulong)step * 0x9E3779B97F4A7C15UL));

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
