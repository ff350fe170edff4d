using Adapters.Tasks.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Adapters.Training;

/// <summary>
/// Torch's generators, seeded afresh by a hash of seed, number and purpose, so that what dropout and noise draw does not depend on
/// where a training was resumed, and random state need not be saved.
/// </summary>
internal static class TorchSeed
{
    /// <summary>What is about to be computed.</summary>
    public enum Purpose
    {
        /// <summary>A step of that number.</summary>
        Training = 0,

        /// <summary>A measurement after that step.</summary>
        Evaluation = 1,

        /// <summary>A look at a batch of that number, before the first step.</summary>
        Probe = 2,
    }

    /// <summary>Seeds them.</summary>
    public static void Set(Device device, ulong seed, long number, Purpose purpose)
    {
        var draw = (long)SplitMix64.Of(seed, (ulong)number, (ulong)purpose).Next();
        using var _ = manual_seed(draw);
        if (device.type == DeviceType.CUDA)
            cuda.manual_seed_all(draw);
    }
}
