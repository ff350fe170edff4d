using System.Globalization;
using System.Text;
using System.Text.Json;
using Experiments.Sweeps;

namespace Experiments.SweepFiles;

/// <summary>Blocks of programs. What their parameters are is told by how values are written, so that is exact.</summary>
public static partial class SweepYaml
{
    private static StringBuilder OfPrograms(TaskBlock block)
    {
        var text = new StringBuilder();
        var value = block is { Command.TakesBest: true } or { External.TakesBest: true } ? "best" : null;
        var goal = block.Maximize ? "maximize" : "minimize";
        Line(1, "- metric", Map(("name", Text(block.Metric)), ("goal", goal), ("value", value)));
        Line(2, "objectives", Objectives(block));
        Line(2, "outcome_constraints", OutcomeConstraints(block));
        if (block.Command is { } command)
        {
            Line(2, "directory", Text(command.Directory));
            Line(2, "environment", Map([.. command.Environment.Select(variable => (variable.Name, (string?)Quoted(variable.Value)))]));
            Line(2, "metrics_file", command.MetricsFile is { } file ? Text(file) : null);
            Line(2, "checkpoints", command.Checkpoints ? "true" : "false");
            Line(2, "memory_limit", command.MemoryLimit is { } bytes ? Size(bytes) : null);
            Line(2, "time_limit", DurationText.Of(command.TimeLimit));
            Line(2, "grace", DurationText.Of(command.Grace));
        }
        else
        {
            Line(2, "workload", ExternalSpec.Name);
        }

        text.Append("    methods:\n");
        foreach (var entry in block.Methods)
        {
            Line(3, "- as", Text(entry.Name));
            Line(4, "command", entry.Command is { } arguments ? List(arguments.Select(Quoted)) : null);
            if (entry.Space.Parameters.Count > 0)
                text.Append("        parameters:\n");
            foreach (var parameter in entry.Space.Parameters)
                Line(5, parameter.Name, Show(parameter, Exact));
            Line(4, "constraints", Constraints(entry));
            Line(4, "start_with", StartWith(entry, Exact));
        }

        return text;

        void Line(int depth, string key, string? line)
        {
            if (line is not null)
                text.Append(' ', depth * 2).Append(key).Append(": ").Append(line).Append('\n');
        }
    }

    private static string Exact(ParameterValue value) => value switch
    {
        ParameterValue.Text text => Quoted(text.Value),
        ParameterValue.Real { Value: var real } when real == Math.Floor(real) && Math.Abs(real) < 1e15 =>
            real.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Show(value),
    };

    private static string Quoted(string value) => JsonSerializer.Serialize(value, _quoted);

    /// <summary>Thousandths of the largest unit that loses nothing.</summary>
    private static string Size(long bytes) => bytes % 1_000_000 == 0
        ? $"{(bytes / 1_000_000).ToString(CultureInfo.InvariantCulture)}MB"
        : $"{(bytes / 1024.0).ToString("0.###", CultureInfo.InvariantCulture)}KiB";
}
