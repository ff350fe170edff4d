using System.Globalization;
using System.Text;
using Experiments.Trials;

namespace GpuActors.Commands;

/// <summary>What the program of an attempt has written, read while it runs or later.</summary>
public sealed class AttemptOutput
{
    private readonly string _folder;
    private readonly string _name;
    private long _position;

    private AttemptOutput(string folder, string name) => (_folder, _name) = (folder, name);

    /// <summary>Standard output of an attempt.</summary>
    public static AttemptOutput Standard(string dataFolder, string sweep, AttemptId attempt) =>
        new(Path.Combine(dataFolder, TrialFolders.Of(sweep, attempt)), OutputSegments.Output);

    /// <summary>Standard error of an attempt.</summary>
    public static AttemptOutput Error(string dataFolder, string sweep, AttemptId attempt) =>
        new(Path.Combine(dataFolder, TrialFolders.Of(sweep, attempt)), OutputSegments.Error);

    /// <summary>Writes what is there and was not read before. Where the middle of a long output was not kept, a line says so.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool ReadOn(TextWriter to)
    {
        var before = _position;
        foreach (var (start, path) in OutputSegments.Of(_folder, _name))
        {
            if (start > _position)
                to.Write(string.Create(CultureInfo.InvariantCulture, $"\n[{start - _position:#,0} bytes were not kept]\n"));
            _position = Math.Max(_position, start);
            Read(path, start, to);
        }

        return _position > before;
    }

    private void Read(string path, long start, TextWriter to)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (_position - start >= file.Length)
                return;
            file.Position = _position - start;
            using var text = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
            var buffer = new char[8 * 1024];
            for (int count; (count = text.Read(buffer)) > 0;)
                to.Write(buffer.AsSpan(0, count));
            _position = start + file.Position;
        }
        catch (FileNotFoundException)
        {
            // A newer piece has taken its place since the folder was listed.
        }
    }
}
