using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Adapters.Methods;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Sweeps;
using GpuActors.Nodes;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary>Says to a person, or to a program, what went wrong; never with a stack trace.</summary>
internal static class ErrorReport
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reports an exception that ended a command.</summary>
    /// <returns>The exit code.</returns>
    public static int Write(Exception exception, Settings settings, Surroundings surroundings)
    {
        switch (exception)
        {
            case SpecException spec:
                var problems = spec.Problems.Select(problem => settings.Json ? problem.ToString() : problem.ToText());
                return Write(problems, ExitCode.Refused, settings, surroundings);
            case AdapterException or ClusterException or WorkerStartException or ArgumentException { ParamName: "args" }:
                return Write([exception.Message], ExitCode.Refused, settings, surroundings);
            case RefusedException { Kind: not RefusalKind.Unknown }:
                return Write([exception.Message], ExitCode.Refused, settings, surroundings);
            case NoSuchThingException or RefusedException:
                return Write([exception.Message], ExitCode.NoSuchThing, settings, surroundings);
            case StoreException:
                return Write([exception.Message], ExitCode.Store, settings, surroundings);
            case IOException or UnauthorizedAccessException:
                return Write([$"A file cannot be read or written: {exception.Message}"], ExitCode.Store, settings, surroundings);
            case OperationCanceledException:
                return ExitCode.Interrupted;
            default:
                var details = Keep(exception, settings, surroundings);
                return Write(
                    [$"A mistake in the program: {exception.Message.ReplaceLineEndings(" ")}", $"Details: {details}"],
                    ExitCode.Bug, settings, surroundings);
        }
    }

    /// <summary>Reports sentences.</summary>
    /// <returns><paramref name="exitCode"/>.</returns>
    public static int Write(IEnumerable<string> problems, int exitCode, Settings settings, Surroundings surroundings)
    {
        if (settings.Json)
            surroundings.Output.WriteLine(Json(problems, exitCode));
        else
        {
            foreach (var problem in problems)
                surroundings.Error.WriteLine(problem);
        }

        return exitCode;
    }

    private static string Json(IEnumerable<string> problems, int exitCode)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteString("schema", "orchestrator/error/1");
            json.WriteNumber("exit_code", exitCode);
            json.WriteStartArray("problems");
            foreach (var problem in problems)
                json.WriteStringValue(problem);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Writes the whole exception where it can be found again.</summary>
    /// <returns>The file.</returns>
    private static string Keep(Exception exception, Settings settings, Surroundings surroundings)
    {
        var now = surroundings.Time.GetUtcNow();
        var name = $"crash-{now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Environment.ProcessId}.txt";
        var text = $"{now:O}\n{Environment.CommandLine}\n{exception}\n";
        try
        {
            var logs = Directory.CreateDirectory(Path.Combine(settings.Data, "logs")).FullName;
            return WriteTo(Path.Combine(logs, name), text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return WriteTo(Path.Combine(Path.GetTempPath(), name), text);
        }
    }

    private static string WriteTo(string path, string text)
    {
        File.WriteAllText(path, text);
        return path;
    }
}
