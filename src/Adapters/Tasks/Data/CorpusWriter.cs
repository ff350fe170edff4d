using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;

namespace Adapters.Tasks.Data;

/// <summary>Makes a corpus of the SDK's documentation: lines with their file, tag and split, a vocabulary, and the lines' tokens.</summary>
internal static class CorpusWriter
{
    /// <summary>Writes a corpus that <see cref="TokenizedCorpus"/> opens.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="files">All documentation files there are.</param>
    /// <param name="recipe">Which of them, and the vocabulary.</param>
    /// <param name="progress">Is told what is being done and the share done.</param>
    /// <param name="stop">Ends it early, by exception.</param>
    public static void Write(string folder, IReadOnlyList<SdkDocumentation> files, CorpusRecipe recipe,
        Action<string, double> progress, CancellationToken stop)
    {
        var chosen = recipe.Choose(files);
        var (texts, lines) = ReadLines(chosen, recipe.LinesPerFile ?? int.MaxValue, progress, stop);
        DurableFile.Write(Path.Combine(folder, CorpusFiles.Text), stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            foreach (var text in texts)
                writer.WriteLine(text);
        });
        DurableFile.Write(Path.Combine(folder, CorpusFiles.Lines), stream => stream.Write(MemoryMarshal.AsBytes(lines.AsSpan())));
        DurableFile.WriteText(Path.Combine(folder, CorpusFiles.Names),
            new JsonArray([.. chosen.Select(file => (JsonNode)file.Name)]).ToJsonString());

        progress("learning the vocabulary", 0);
        var trainer = new BpeTrainer();
        for (var line = 0; line < texts.Count; line++)
            if (lines[line].Split == Split.Train)
                trainer.Add(texts[line] + "\n");
        var tokenizer = Path.Combine(folder, CorpusFiles.Tokenizer);
        TokenizerWriter.Write(tokenizer, trainer.Train(recipe.VocabularySize - 256 - 1));
        stop.ThrowIfCancellationRequested();

        WriteTokens(folder, texts, TextTokenizer.Load(tokenizer), progress, stop);
    }

    /// <summary>Writes the tokens of each line, a line break at its end.</summary>
    public static void WriteTokens(string folder, IReadOnlyList<string> texts, TextTokenizer tokenizer,
        Action<string, double> progress, CancellationToken stop)
    {
        var tokens = new List<int>(texts.Count * 24);
        var starts = new int[texts.Count + 1];
        for (var line = 0; line < texts.Count; line++)
        {
            if (line % 1024 == 0)
            {
                stop.ThrowIfCancellationRequested();
                progress("tokenizing", (double)line / texts.Count);
            }
            tokens.AddRange(tokenizer.Encode(texts[line] + "\n"));
            starts[line + 1] = tokens.Count;
        }
        DurableFile.Write(Path.Combine(folder, CorpusFiles.Tokens),
            stream => stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(tokens))));
        DurableFile.Write(Path.Combine(folder, CorpusFiles.Starts), stream => stream.Write(MemoryMarshal.AsBytes(starts.AsSpan())));
    }

    private static (List<string> Texts, CorpusLine[] Lines) ReadLines(IReadOnlyList<SdkDocumentation> files, int linesPerFile,
        Action<string, double> progress, CancellationToken stop)
    {
        var (texts, lines, seen) = (new List<string>(), new List<CorpusLine>(), new HashSet<string>(StringComparer.Ordinal));
        for (var file = 0; file < files.Count; file++)
        {
            stop.ThrowIfCancellationRequested();
            progress("reading documentation", (double)file / files.Count);
            foreach (var (tag, text) in DocumentationReader.Read(files[file].Path).Where(line => seen.Add(line.Text)).Take(linesPerFile))
            {
                texts.Add(text);
                lines.Add(new CorpusLine((ushort)file, (byte)tag, SplitOf(text)));
            }
        }
        return (texts, [.. lines]);
    }

    /// <summary>90 in 100 lines are trained on, 5 validate, 5 test, by a hash of the line: near-repeats lie together in a file,
    /// so neither its place nor chance decides.</summary>
    private static Split SplitOf(string text) => (MemoryMarshal.Read<ulong>(SHA256.HashData(Encoding.UTF8.GetBytes(text))) % 100) switch
    {
        < 90 => Split.Train,
        < 95 => Split.Validation,
        _ => Split.Test,
    };
}
