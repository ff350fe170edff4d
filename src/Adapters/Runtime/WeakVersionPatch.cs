using System.Buffers.Binary;
using System.Text;

namespace Adapters.Runtime;

/// <summary>
/// Marks a symbol version that an ELF library asks for as weak, so that the loader warns of its absence at most. Meant
/// for a version of which no symbol is called. The file is replaced, never written to: it may be a hard link into the
/// package cache, and another process may have it mapped.
/// </summary>
internal static class WeakVersionPatch
{
    private const uint VersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort Weak = 2; // VER_FLG_WEAK

    /// <summary>What a file needed.</summary>
    internal enum Outcome
    {
        /// <summary>It does not ask for the version, or is no library that this can read.</summary>
        NotAsked,

        /// <summary>It was weak before.</summary>
        AlreadyWeak,

        /// <summary>It has been replaced.</summary>
        Replaced,
    }

    /// <summary>Replaces the file by one whose need of the version is weak. Safe when many processes do it at once.</summary>
    /// <exception cref="IOException">When the folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">When the folder must not be written.</exception>
    internal static Outcome Apply(string file, string version)
    {
        var elf = File.ReadAllBytes(file);
        if (FlagsOffset(elf, version) is not { } offset)
            return Outcome.NotAsked;

        var flags = elf.AsSpan(offset, sizeof(ushort));
        var value = BinaryPrimitives.ReadUInt16LittleEndian(flags);
        if ((value & Weak) != 0)
            return Outcome.AlreadyWeak;

        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(value | Weak));
        Replace(file, elf);
        return Outcome.Replaced;
    }

    private static void Replace(string file, byte[] content)
    {
        var temporary = $"{file}.{Path.GetRandomFileName()}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(file));
            File.SetLastWriteTimeUtc(temporary, File.GetLastWriteTimeUtc(file)); // else each build copies it afresh
            File.Move(temporary, file, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Position of <c>vna_flags</c> of the version's entry; null where a 64-bit little-endian ELF has none.</summary>
    private static int? FlagsOffset(ReadOnlySpan<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf.StartsWith("\u007fELF\u0002\u0001"u8))
            return null;

        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        for (var i = 0; i < count; i++)
        {
            var section = elf.Slice(table + i * size, size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != VersionNeeds)
                continue;
            var strings = elf.Slice(table + (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]) * size, size);
            return FlagsOffset(elf, SectionOffset(section), SectionOffset(strings), version);
        }
        return null;
    }

    private static int SectionOffset(ReadOnlySpan<byte> section) =>
        (int)BinaryPrimitives.ReadUInt64LittleEndian(section[24..]);

    /// <summary>Walks Verneed (version, count, file, aux, next: 16, 16, 32, 32, 32 bits), and beneath each its Vernaux
    /// (hash, flags, other, name, next: 32, 16, 16, 32, 32 bits).</summary>
    private static int? FlagsOffset(ReadOnlySpan<byte> elf, int needs, int strings, string version)
    {
        var name = Encoding.ASCII.GetBytes(version + '\0');
        for (var need = needs; ;)
        {
            var auxiliaries = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]);
            var entry = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 8)..]);
            for (var i = 0; i < auxiliaries; i++)
            {
                var text = strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(entry + 8)..]);
                if (elf[text..].StartsWith(name))
                    return entry + 4;
                entry += (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(entry + 12)..]);
            }

            var next = (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 12)..]);
            if (next == 0)
                return null;
            need += next;
        }
    }
}
