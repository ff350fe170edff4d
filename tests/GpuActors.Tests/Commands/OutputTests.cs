using System.Text;
using Experiments.Trials;
using GpuActors.Commands;
using Xunit;

namespace GpuActors.Tests.Commands;

public sealed class OutputTests : IDisposable
{
    private static readonly AttemptId _attempt = new(new TrialId(1), 1);

    private readonly string _data = Directory.CreateTempSubdirectory("output-").FullName;
    private readonly string _folder;

    public OutputTests() => _folder = Directory.CreateDirectory(Path.Combine(_data, "sweeps/s/trials/t1/a1")).FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Lines_are_the_same_however_the_stream_is_cut_into_reads()
    {
        var random = new Random(17);
        for (var round = 0; round < 300; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => "ab\n\n"[random.Next(4)]));
            var cuts = Enumerable.Range(0, 5).Select(_ => random.Next(1, 8)).ToArray();

            Assert.Equal(
                text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                Lines(Cut(Encoding.UTF8.GetBytes(text), cuts)).Where(line => line.Length > 0));
        }
    }

    [Fact]
    public void A_line_that_is_too_long_is_passed_over_and_the_next_is_read()
    {
        var tooLong = Encoding.UTF8.GetBytes(new string('x', LineSplitter.LongestLine + 1) + "\nnext\n");

        Assert.Equal(["next"], Lines(Cut(tooLong, [10_000])));
    }

    [Fact]
    public void A_short_output_is_read_as_it_was_written_and_a_silent_program_leaves_no_file()
    {
        Write(OutputSegments.Output, "one\n", "two");
        Write(OutputSegments.Error);

        Assert.Equal("one\ntwo", Read(AttemptOutput.Standard(_data, "s", _attempt)));
        Assert.Equal("", Read(AttemptOutput.Error(_data, "s", _attempt)));
        Assert.Equal([OutputSegments.Output], Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Of_a_huge_output_head_and_tail_are_kept_and_what_is_left_out_is_said()
    {
        const int lines = 1_000_000;
        using (var writer = new OutputWriter(_folder, OutputSegments.Output))
        {
            foreach (var chunk in Enumerable.Range(0, lines).Chunk(1_000))
                writer.Write(Encoding.UTF8.GetBytes(string.Concat(chunk.Select(number => $"{number:0000000}\n"))));
        }

        var size = Directory.GetFiles(_folder).Sum(path => new FileInfo(path).Length);
        var read = Read(AttemptOutput.Standard(_data, "s", _attempt));
        Assert.InRange(size, OutputSegments.Head + OutputSegments.Piece, OutputSegments.Head + (2 * OutputSegments.Piece));
        Assert.StartsWith("0000000\n0000001\n", read, StringComparison.Ordinal);
        Assert.EndsWith($"{lines - 1:0000000}\n", read, StringComparison.Ordinal);
        Assert.Matches(@"\n\[[0-9,]+ bytes were not kept\]\n", read);
    }

    [Fact]
    public void What_is_added_while_somebody_reads_comes_with_the_next_reading()
    {
        var output = AttemptOutput.Standard(_data, "s", _attempt);
        using var writer = new OutputWriter(_folder, OutputSegments.Output);
        using var seen = new StringWriter();

        Assert.False(output.ReadOn(seen));
        writer.Write("first\n"u8);
        Assert.True(output.ReadOn(seen));
        writer.Write(new byte[OutputSegments.Head]);
        writer.Write("last\n"u8);
        Assert.True(output.ReadOn(seen));
        Assert.False(output.ReadOn(seen));

        Assert.Equal("first\n" + new string('\0', OutputSegments.Head) + "last\n", seen.ToString());
    }

    private void Write(string name, params string[] parts)
    {
        using var writer = new OutputWriter(_folder, name);
        foreach (var part in parts)
            writer.Write(Encoding.UTF8.GetBytes(part));
    }

    private static string Read(AttemptOutput output)
    {
        using var text = new StringWriter();
        output.ReadOn(text);
        return text.ToString();
    }

    private static List<string> Lines(IEnumerable<byte[]> reads)
    {
        var splitter = new LineSplitter();
        var lines = new List<string>();
        foreach (var read in reads)
            splitter.Add(read, line => lines.Add(Encoding.UTF8.GetString(line)));
        splitter.Finish(line => lines.Add(Encoding.UTF8.GetString(line)));
        return lines;
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, int[] lengths)
    {
        for (var (position, index) = (0, 0); position < bytes.Length; index++)
        {
            var length = Math.Min(lengths[index % lengths.Length], bytes.Length - position);
            yield return bytes[position..(position + length)];
            position += length;
        }
    }
}
