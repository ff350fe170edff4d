using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Experiments.Trials;

/// <summary>
/// The seeds that a sweep's seed leads to: the first eight bytes, little-endian, of the SHA-256 of a text that names the
/// purpose. They depend on nothing else, so that they are the same whatever the order, the machine, or the version.
/// </summary>
public static class TrialSeed
{
    /// <summary>Seed of a training: of <c>train/SEED/REPLICATE/TASK</c>. Methods share it, so that they see the same data in
    /// the same order and can be compared in pairs.</summary>
    public static ulong OfTraining(int sweepSeed, string task, int replicate) => Hash($"train/{sweepSeed}/{replicate}/{task}");

    /// <summary>Seed of the suggestions for a method entry: of <c>sample/SEED/BLOCK/ENTRY</c>, the block by its index.</summary>
    public static ulong OfEntry(int sweepSeed, int block, string entry) => Hash($"sample/{sweepSeed}/{block}/{entry}");

    private static ulong Hash(string purpose) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(purpose)));
}
