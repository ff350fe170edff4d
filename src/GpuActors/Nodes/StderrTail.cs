using System.Text;

namespace GpuActors.Nodes;

/// <summary>The end of what a process wrote to standard error: where a crash says why.</summary>
internal sealed class StderrTail
{
    private const int Longest = 64 * 1024;
    private readonly StringBuilder _text = new();

    /// <summary>Takes in a line; null is the end.</summary>
    public void Add(string? line)
    {
        lock (_text)
        {
            if (line is not null)
                _text.Append(line).Append('\n');
            if (_text.Length > Longest)
                _text.Remove(0, _text.Length - Longest);
        }
    }

    /// <summary>The last lines.</summary>
    public string Last(int lines)
    {
        lock (_text)
            return string.Join('\n', _text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines));
    }
}
