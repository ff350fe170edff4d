namespace GpuActors.Commands;

/// <summary>Reads lines of metrics from a file that a program writes meanwhile. One that is begun anew is read anew.</summary>
internal sealed class MetricsFile(string path)
{
    private readonly LineSplitter _lines = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private long _position;

    /// <summary>Takes in what was written since.</summary>
    /// <param name="take">Is told of each line of metrics.</param>
    /// <param name="isOver">Whether nothing more will come, so that a line without an end is one too.</param>
    public void ReadOn(Action<MetricLine> take, bool isOver)
    {
        if (!File.Exists(path))
            return;

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length < _position)
            _position = 0;
        file.Position = _position;
        for (int count; (count = file.Read(_buffer)) > 0; _position += count)
            _lines.Add(_buffer.AsSpan(0, count), Offer);
        if (isOver)
            _lines.Finish(Offer);

        void Offer(ReadOnlySpan<byte> line)
        {
            if (MetricLine.Parse(line) is { } metric)
                take(metric);
        }
    }
}
