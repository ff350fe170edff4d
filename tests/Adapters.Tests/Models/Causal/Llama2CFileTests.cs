using Adapters.Methods;
using Adapters.Models.Causal;
using Xunit;

namespace Adapters.Tests.Models.Causal;

public sealed class Llama2CFileTests
{
    [Theory]
    [InlineData(0, "shorter than the header of 28")]
    [InlineData(27, "shorter than the header of 28")]
    [InlineData(28, "its 28 bytes do not fit the header (32, 88, 2, 4, 2, 64, 32)")]
    [InlineData(102_040, "its 102040 bytes do not fit the header")]
    [InlineData(102_045, "its 102045 bytes do not fit the header")]
    public void A_file_of_another_length_than_its_header_says_is_refused(int length, string fault)
    {
        var bytes = File.ReadAllBytes(Golden);
        Array.Resize(ref bytes, length);

        Assert.Contains(fault, RefusalOf(bytes));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, -1)]
    [InlineData(3, 5)]
    [InlineData(4, 3)]
    [InlineData(5, int.MinValue)]
    [InlineData(6, int.MaxValue)]
    public void A_header_that_makes_no_sense_is_refused_before_anything_is_allocated(int field, int value)
    {
        var bytes = File.ReadAllBytes(Golden);
        BitConverter.TryWriteBytes(bytes.AsSpan(4 * field), value);

        Assert.Contains("do not fit the header", RefusalOf(bytes));
    }

    private static string RefusalOf(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.bin"), bytes);
        return Assert.Throws<AdapterException>(() => Llama2CFile.Load(folder.File("model.bin"))).Message;
    }

    private static string Golden => GoldenFiles.Of("models", "llama2c", "interleaved-to-half-split", "model.bin");
}
