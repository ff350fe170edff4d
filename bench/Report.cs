using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;

namespace Bench;

/// <summary>What a bench found: a table for people, the same as JSON for comparisons, and under which conditions.</summary>
internal sealed record Report(
    string Name, string What, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object>> Rows, bool UsesTorch = true)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Where it was measured. Figures of different conditions are not comparable; ratios nearly are.</summary>
    public IReadOnlyDictionary<string, object> Conditions { get; } = ConditionsOf(UsesTorch);

    /// <summary>Draws the table.</summary>
    public void Print(TextWriter to)
    {
        to.WriteLine($"{Name}: {What}");
        string[][] lines = [[.. Columns], .. Rows.Select(row => row.Select(Text).ToArray())];
        var widths = Columns.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            to.WriteLine("  " + string.Join("  ", line.Select((cell, column) =>
                column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }

    /// <summary>Writes <c>NAME.json</c> and returns its path.</summary>
    public string Write(string folder)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, Name + ".json");
        var rows = Rows.Select(row => Columns.Zip(row).ToDictionary(cell => cell.First, cell => cell.Second));
        File.WriteAllText(path, JsonSerializer.Serialize(new { Name, What, Conditions, Rows = rows }, Json));
        return path;
    }

    private static Dictionary<string, object> ConditionsOf(bool torchToo)
    {
        var conditions = new Dictionary<string, object>
        {
            ["processor"] = Processor(),
            ["cores"] = Environment.ProcessorCount,
            ["system"] = RuntimeInformation.OSDescription,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
        };
        if (torchToo)
            (conditions["threads"], conditions["libtorch"]) = (torch.get_num_threads(), torch.__version__);
        return conditions;
    }

    private static string Text(object cell) => cell is double number ? $"{number:#,0.##}" : $"{cell}";

    private static string Processor()
    {
        const string field = "model name";
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 2)..] ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
