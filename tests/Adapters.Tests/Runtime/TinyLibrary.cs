using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Adapters.Tests.Runtime;

/// <summary>The least ELF file that asks for symbol versions: a header, two Verneed chains, their names.</summary>
internal static class TinyLibrary
{
    private const int Needs = 64, Strings = 160, Sections = 256;

    internal static byte[] Asking(string version, bool weak)
    {
        var elf = new byte[Sections + 3 * 64];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(elf);
        Put64(elf, 0x28, Sections);
        Put16(elf, 0x3a, 64);
        Put16(elf, 0x3c, 3);

        Need(elf, Needs, entries: 1, next: 32); // libc, before the one that is looked for
        Entry(elf, Needs + 16, flags: 0, name: 1, next: 0);
        Need(elf, Needs + 32, entries: 2, next: 0);
        Entry(elf, Needs + 48, flags: 0, name: 11, next: 16);
        Entry(elf, Needs + 64, flags: weak ? 2 : 0, name: 25, next: 0);
        Encoding.ASCII.GetBytes($"\0GLIBC_2.9\0GLIBCXX_3.4.3\0{version}\0").CopyTo(elf, Strings);

        Section(elf, 1, type: 0x6ffffffe, offset: Needs, link: 2);
        Section(elf, 2, type: 3, offset: Strings, link: 0);
        return elf;
    }

    internal static void HardLink(string existing, string added) =>
        Assert.Equal(0, Link(existing, added));

    [DllImport("libc", EntryPoint = "link")]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string added);

    private static void Need(byte[] elf, int at, int entries, int next)
    {
        Put16(elf, at, 1);
        Put16(elf, at + 2, entries);
        Put32(elf, at + 8, 16);
        Put32(elf, at + 12, next);
    }

    private static void Entry(byte[] elf, int at, int flags, int name, int next)
    {
        Put16(elf, at + 4, flags);
        Put32(elf, at + 8, name);
        Put32(elf, at + 12, next);
    }

    private static void Section(byte[] elf, int index, uint type, int offset, int link)
    {
        Put32(elf, Sections + 64 * index + 4, (int)type);
        Put64(elf, Sections + 64 * index + 24, offset);
        Put32(elf, Sections + 64 * index + 40, link);
    }

    private static void Put16(byte[] elf, int at, int value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at), (ushort)value);

    private static void Put32(byte[] elf, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(elf.AsSpan(at), value);

    private static void Put64(byte[] elf, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(at), value);
}
