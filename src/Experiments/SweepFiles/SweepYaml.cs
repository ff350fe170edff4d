using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles;

/// <summary>Writes a sweep as a sweep file in which every default and every shared parameter stands where it acts.
/// <see cref="SweepFile"/> reads an equal sweep back.</summary>
public static partial class SweepYaml
{
    private static readonly JsonSerializerOptions _quoted = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int Width = 120;

    /// <summary>The sweep as YAML.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="catalogue">Whose defaults of options that are not set stand beneath each method, as comments; or null.</param>
    public static string Write(SweepSpec spec, ICatalogue? catalogue = null)
    {
        var text = new StringBuilder();
        Line(0, "name", Text(spec.Name));
        Line(0, "seed", Show(spec.Seed));
        Line(0, "seeds", List(spec.Seeds.Select(seed => Show(seed))));
        Line(0, "trials", spec.Trials is { } trials ? Show(trials) : null);
        Line(0, "sampler", Part(spec.Sampler.Type, spec.Sampler.Options, spec.Sampler.WarmStart));
        Line(0, "scheduler", Part(spec.Scheduler.Type, spec.Scheduler.Options, []));
        Line(0, "limits", Show(spec.Limits));
        Line(0, "resources", Map(
            ("slots", spec.Resources.Slots is { } slots ? Show(slots) : null),
            ("devices", spec.Resources.Devices.Count == 0 ? null : List(spec.Resources.Devices.Select(Text)))));
        Line(0, "compare", Map(("reference", Text(spec.Compare.Reference)), ("confidence", Show(spec.Compare.Confidence)),
            ("claims", spec.Compare.Claims.Count == 0 ? null : List(spec.Compare.Claims.Select(Show)))));
        Line(0, "retries", Show(spec.Retries));
        text.Append("tasks:\n");
        foreach (var block in spec.Tasks)
        {
            if (!block.IsTraining)
            {
                text.Append(OfPrograms(block));
                continue;
            }

            Line(1, "- task", Text(block.Task));
            Line(2, "size", Text(block.Size));
            Line(2, "base", Text(block.Base));
            Line(2, "metric", Show(new Objective(block.Metric, block.Maximize)));
            Line(2, "objectives", Objectives(block));
            Line(2, "outcome_constraints", OutcomeConstraints(block));
            text.Append("    methods:\n");
            foreach (var entry in block.Methods)
            {
                Line(3, "- method", Text(entry.Method));
                Line(4, "as", entry.Name == entry.Method ? null : Text(entry.Name));
                Line(4, "experts", entry.Experts is { } experts ? Text(experts) : null);
                foreach (var parameter in entry.Space.Parameters)
                    Line(4, parameter.Name, Show(parameter));
                Line(4, "constraints", Constraints(entry));
                Line(4, "start_with", StartWith(entry, Show));
                foreach (var line in catalogue is null ? [] : Defaults(entry, block, catalogue))
                    text.Append(' ', 8).Append("# ").Append(line).Append('\n');
            }
        }

        return text.ToString();

        void Line(int depth, string key, string? value)
        {
            if (value is not null)
                text.Append(' ', depth * 2).Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    /// <summary>What holds for the options that an entry leaves open, in lines that fit.</summary>
    private static List<string> Defaults(MethodEntry entry, TaskBlock block, ICatalogue catalogue)
    {
        var method = catalogue.Methods.First(known => known.Id == entry.Method);
        var task = catalogue.Tasks.First(known => known.Id == block.Task);
        var lines = new List<string>();
        foreach (var option in method.Options.Concat(method.Trains ? catalogue.TrainingOptions : []).Concat(task.Options)
            .Where(option => option.Default is not null && entry.Space.Parameters.All(parameter => parameter.Name != option.Name))
            .DistinctBy(option => option.Name))
        {
            var item = $"{option.Name} {Show(option.Default!)}";
            if (lines.Count > 0 && lines[^1].Length + item.Length + 12 <= Width)
                lines[^1] += $", {item}";
            else
                lines.Add(lines.Count == 0 ? $"defaults: {item}" : item);
        }

        return lines;
    }

    /// <param name="entry">The entry.</param>
    /// <param name="show">How values are written.</param>
    private static string? StartWith(MethodEntry entry, Func<ParameterValue, string> show) => entry.StartWith.Count == 0 ? null
        : List(entry.StartWith.Select(given => Map([.. given.Values.Select(pair => (pair.Key, (string?)show(pair.Value)))])!));

    private static string Show(Parameter parameter) => Show(parameter, Show);

    /// <param name="parameter">The parameter.</param>
    /// <param name="show">How its values are written.</param>
    private static string Show(Parameter parameter, Func<ParameterValue, string> show)
    {
        var when = parameter.When.Count == 0 ? null
            : Map([.. parameter.When.Select(condition => (condition.Parent, (string?)List(condition.Values.Select(show))))]);
        return parameter.Domain switch
        {
            Domain.Fixed { Value: var value } => when is null ? show(value) : Map(("value", show(value)), ("when", when))!,
            Domain.Choice { Choices: var choices } => Map(("choices", List(choices.Select(show))), ("when", when))!,
            Domain.Ordinal { Values: var values } => Map(("ordinal", List(values.Select(show))), ("when", when))!,
            Domain.Int range => Map(("type", "int"), ("low", Show(range.Low)), ("high", Show(range.High)),
                ("log", range.Log ? "true" : null), ("step", range.Step is { } step ? Show(step) : null),
                ("points", range.Points is { } points ? Show(points) : null), ("when", when))!,
            Domain.Float range => Map(("type", "float"), ("low", Show(range.Low)), ("high", Show(range.High)),
                ("log", range.Log ? "true" : null), ("step", range.Step is { } step ? Show(step) : null),
                ("points", range.Points is { } points ? Show(points) : null), ("when", when))!,
            var other => throw new NotSupportedException($"The domain {other} cannot be written."),
        };
    }

    private static string Show(ParameterValue value) => value switch
    {
        ParameterValue.Text text => Text(text.Value),
        ParameterValue.List list => List(list.Values.Select(Show)),
        ParameterValue.Real real => Show(real.Value),
        _ => value.ToString(),
    };

    private static string? Objectives(TaskBlock block) =>
        block.Objectives.Count == 0 ? null : List(block.Objectives.Select(Show));

    private static string? OutcomeConstraints(TaskBlock block) => block.OutcomeConstraints.Count == 0
        ? null
        : List(block.OutcomeConstraints.Select(constraint => Text(constraint.ToString())));

    private static string? Constraints(MethodEntry entry) =>
        entry.Space.Constraints.Count == 0 ? null : List(entry.Space.Constraints.Select(rule => Text(rule.Text)));

    private static string Show(Claim claim) => Map(
        ("claim", Text(claim.Text)),
        ("source", claim.Source is { } source ? Text(source) : null),
        ("better", List(claim.Better.Select(Text))),
        ("than", List(claim.Than.Select(Text))),
        ("metric", claim.Metric is { } metric ? Show(metric) : null),
        ("margin", claim.Margin == 0 ? null : Show(claim.Margin)))!;

    private static string Show(Objective objective) =>
        Map(("name", Text(objective.Name)), ("goal", objective.Maximize ? "maximize" : "minimize"))!;

    private static string? Show(Limits limits) => Map(
        ("wall", DurationText.Of(limits.Wall)),
        ("trial", DurationText.Of(limits.Trial)),
        ("device_time", DurationText.Of(limits.DeviceTime)),
        ("cost", limits.Cost is { } cost ? Show(cost) : null),
        ("price_per_device_hour", limits.PricePerDeviceHour is { } price ? Show(price) : null),
        ("at_limit", limits.AtLimit == AtLimit.Drain ? "drain" : (limits.Wall ?? limits.Budget) is null ? null : "stop"));

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Show(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string Part(string type, Configuration options, EquatableArray<string> warmStart) => Map(
    [
        ("type", Text(type)),
        .. options.Values.Select(option => (option.Key, (string?)Show(option.Value))),
        ("warm_start", warmStart.Count == 0 ? null : List(warmStart.Select(Text))),
    ])!;

    /// <summary>A flow mapping of the keys that have a value, or null where none has.</summary>
    private static string? Map(params ReadOnlySpan<(string Key, string? Value)> entries)
    {
        var present = new List<string>();
        foreach (var (key, value) in entries)
        {
            if (value is not null)
                present.Add($"{key}: {value}");
        }

        return present.Count == 0 ? null : $"{{ {string.Join(", ", present)} }}";
    }

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Text(string value) =>
        PlainForm().IsMatch(value) && value != "null" ? value : JsonSerializer.Serialize(value, _quoted);

    [GeneratedRegex("^[A-Za-z_/][A-Za-z0-9_./-]*$")]
    private static partial Regex PlainForm();
}
