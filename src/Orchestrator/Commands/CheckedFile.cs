using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Experiments.Sweeps;

namespace Orchestrator.Commands;

/// <summary>A sweep file with its mistakes, or with what it amounts to where it has none.</summary>
internal sealed record CheckedFile(string File, IReadOnlyList<SpecProblem> Problems, SweepSpec? Spec = null, SweepPlan? Plan = null)
{
    /// <summary>Checks a file.</summary>
    public static CheckedFile Of(string file, string[] overrides, CommandContext context)
    {
        try
        {
            var spec = SweepFileArguments.Read(file, overrides, context);
            return new CheckedFile(file, [], spec, SweepPlan.Of(spec, context.Catalogue()));
        }
        catch (SpecException exception)
        {
            return new CheckedFile(file, exception.Problems);
        }
    }

    /// <summary>Checked files as one document.</summary>
    public static string Json(IEnumerable<CheckedFile> files)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteString("schema", "orchestrator/validate/1");
            json.WriteStartArray("files");
            foreach (var file in files)
                Write(json, file);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, CheckedFile file)
    {
        json.WriteStartObject();
        json.WriteString("file", file.File);
        json.WriteBoolean("right", file.Problems.Count == 0);
        if (file.Plan is { } plan)
            json.WriteNumber("trials", plan.Trials);
        json.WriteStartArray("problems");
        foreach (var problem in file.Problems)
        {
            json.WriteStartObject();
            json.WriteString("message", problem.Message);
            json.WriteString("file", problem.File);
            json.WriteNumber("line", problem.Line);
            json.WriteNumber("column", problem.Column);
            json.WriteString("hint", problem.Hint);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
