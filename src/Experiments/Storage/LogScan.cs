using System.Numerics;
using System.Runtime.InteropServices;

namespace Experiments.Storage;

/// <summary>What the file of a <see cref="DurableLog"/> holds: pages, each followed by the checksum of it and all before it.</summary>
/// <param name="Pages">Number of pages up to the end of the last whole transaction.</param>
/// <param name="Chain">The checksum there.</param>
/// <param name="Complaint">What is wrong with the rest; null where there is none.</param>
internal sealed record LogScan(long Pages, uint Chain, string? Complaint)
{
    public const int PageSize = 8192;
    public const int RecordSize = PageSize + sizeof(uint);

    /// <summary>The checksum before the first page; not zero, so that zeros never pass for a page.</summary>
    public const uint Seed = uint.MaxValue;

    private const int ConfirmsAt = 18; // LiteDB's BasePage.P_IS_CONFIRMED

    /// <summary>Reads a log file to its end.</summary>
    /// <param name="file">The file.</param>
    /// <param name="onPage">Called with each page of the unbroken chain, those of an unfinished transaction too.</param>
    public static LogScan Of(Stream file, Action<ReadOnlySpan<byte>>? onPage = null)
    {
        var record = new byte[RecordSize];
        var (pages, whole, chain, previous) = (0L, 0L, Seed, Seed);
        var (isIntact, lost) = (true, 0);
        file.Position = 0;
        while (file.ReadAtLeast(record, RecordSize, throwOnEndOfStream: false) == RecordSize)
        {
            var page = record.AsSpan(0, PageSize);
            var stored = MemoryMarshal.Read<uint>(record.AsSpan(PageSize));
            var fits = Check(previous, page) == stored;
            previous = stored;
            isIntact &= fits;
            if (isIntact)
            {
                pages++;
                onPage?.Invoke(page);
                if (Confirms(page))
                    (whole, chain) = (pages, stored);
            }
            else if (fits && Confirms(page))
            {
                lost++;
            }
        }

        var rest = file.Length - whole * RecordSize;
        return new LogScan(whole, chain, rest == 0 ? null
            : lost > 0 ? $"a page is damaged; {lost} commits after it are cut."
            : $"{rest} bytes of an unfinished commit are cut.");
    }

    /// <summary>Whether a page is the last of a transaction.</summary>
    public static bool Confirms(ReadOnlySpan<byte> page) => page[ConfirmsAt] == 1;

    /// <summary>CRC-32C of a page, going on from that of the pages before it.</summary>
    public static uint Check(uint chain, ReadOnlySpan<byte> page)
    {
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(page))
            chain = BitOperations.Crc32C(chain, word);
        return chain;
    }
}
