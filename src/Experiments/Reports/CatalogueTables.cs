using System.Collections.Immutable;
using System.Globalization;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>What a sweep file can name, as lists and as a page for each.</summary>
public static class CatalogueTables
{
    /// <summary>A line a method.</summary>
    public static ReportTable List(IEnumerable<MethodDescription> methods) => new()
    {
        Columns = [new("method"), new("works on", Priority: 1), new("what it is", Overflow: Overflow.Wrap)],
        Rows = [.. methods.Select(method => (ImmutableArray<Cell>)[method.Id, Families(method.Families), method.Summary])],
    };

    /// <summary>A line a task.</summary>
    public static ReportTable List(IEnumerable<TaskDescription> tasks) => new()
    {
        Columns =
        [
            new("task"), new("metric"), new("sizes", Priority: 2), new("base", Priority: 1), new("what it is", Overflow: Overflow.Wrap),
        ],
        Rows =
        [
            .. tasks.Select(task => (ImmutableArray<Cell>)
                [task.Id, Goal(task), string.Join(", ", task.Sizes), task.DefaultBase, task.Summary]),
        ],
    };

    /// <summary>The page of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="tasks">All tasks, of which those that fit are named.</param>
    /// <param name="training">Options of the trainer, which every method takes besides its own.</param>
    public static IEnumerable<ReportTable> Show(
        MethodDescription method, IEnumerable<TaskDescription> tasks, IEnumerable<OptionDescription> training) =>
    [
        new()
        {
            Lead =
            [
                $"{method.Id}: {method.Summary}",
                .. Facts(method, tasks).Select(fact => $"{fact.What}: {fact.Says}"),
                .. When(method.ComposesExperts, "Composes adapters that another entry trained: name it with 'experts'."),
            ],
            Columns = OptionColumns("option"),
            Rows = [.. method.Options.Select(Option)],
            Notes = method.Options.Count == 0 ? ["It has no options of its own."] : [],
        },
        new() { Columns = OptionColumns("training"), Rows = [.. (method.Trains ? training : []).Select(Option)] },
        Example(method),
    ];

    /// <summary>The page of a task.</summary>
    public static IEnumerable<ReportTable> Show(TaskDescription task) =>
    [
        new()
        {
            Lead =
            [
                $"{task.Id}: {task.Summary}",
                $"Compared by: {Goal(task)}. Reports: {string.Join(", ", task.Metrics)}.",
                $"Sizes: {string.Join(", ", task.Sizes)}. Base: {task.DefaultBase}, or another of {Families(task.Families)}.",
            ],
            Columns = OptionColumns("option"),
            Rows = [.. task.Options.Select(Option)],
            Notes = task.Options.Count == 0 ? ["It has no options of its own."] : [],
        },
    ];

    /// <summary>Options, a line each.</summary>
    internal static ReportTable Options(IEnumerable<OptionDescription> options) => new()
    {
        Columns = OptionColumns("option"),
        Rows = [.. options.Select(Option)],
    };

    /// <summary>What there is to say of a method besides its options.</summary>
    internal static IEnumerable<(string What, string Says)> Facts(MethodDescription method, IEnumerable<TaskDescription> tasks)
    {
        if (method.Equation != "")
            yield return ("Equation", method.Equation);
        yield return ("Source", method.Source);
        if (!method.Trains)
            yield return ("Trains", "nothing");
        else if (Trained(method) is { Length: > 0 } trained)
            yield return ("Trains", trained);
        if (method.Trains)
            yield return ("Starts at", method.StartsAt ?? "the base's output");
        if (method.Costs is { } counted)
            yield return ("Costs at inference", AtInference(method, counted));
        if (method.Costs is { } costs && Kept(method, costs) is { Length: > 0 } kept)
            yield return ("Holds in memory", kept);
        if (method.Trains || method.Costs is { ToMerge: not "" })
            yield return ("Merges into the base", Merges(method));
        if (method.PeftType is { } type)
            yield return ("Folders", $"exchanged with PEFT ({type})");
        yield return ("Works on", Families(method.Families));
        yield return ("Tasks", string.Join(", ", tasks
            .Where(task => method.Families.Count == 0 || task.Families.Any(method.Families.Contains)).Select(task => task.Id)));
    }

    /// <summary>How many parameters a method trains, as formulas: of each layer, around each block, and for all of them.</summary>
    private static string Trained(MethodDescription method) => string.Join(", and ", new[]
    {
        (method.ParametersPerLayer, "parameters a layer"),
        (method.ParametersPerBlock, "parameters a block"),
        (method.ParametersShared, method.SharesByKind ? "for all of one name and shape" : "for all of them"),
    }.Where(part => part.Item1 != "").Select(part => $"`{part.Item1}` {part.Item2}"));

    /// <summary>What is computed besides the base, as formulas: of each token, and of what is made anew in each pass.</summary>
    private static string AtInference(MethodDescription method, CostDescription costs)
    {
        var goesByLayers = method.ParametersPerLayer != "" || method.ComposesExperts;
        var counted = Counted("multiply-adds",
            (costs.PerToken, goesByLayers ? "a token and layer" : "a token"),
            (costs.PerBlock, "a token and block"),
            (costs.PerPass, goesByLayers ? "a pass and layer" : "a pass"));
        var text = counted == "" ? "no matrix products" : costs.ToMerge == "" ? counted : $"{counted}, until it is merged";
        return costs.Remark == "" ? text : $"{text} ({costs.Remark})";
    }

    private static string Kept(MethodDescription method, CostDescription costs)
    {
        var kept = Counted("numbers", (costs.KeptPerLayer, "a layer"), (costs.KeptShared, "for all layers"));
        return Trained(method) == "" ? kept : kept == "" ? "what it trains" : $"what it trains, and {kept}";
    }

    private static string Merges(MethodDescription method) => method switch
    {
        { CannotMerge: { } reason } => $"no: {reason}",
        { Costs.ToMerge: "0" } => "yes, number by number",
        { Costs.ToMerge: { Length: > 0 } costs } => $"yes, by `{costs}` multiply-adds a layer",
        _ => "yes, so that it costs nothing at inference",
    };

    /// <summary>Formulas with what they are of, those left out that are 0.</summary>
    private static string Counted(string what, params IEnumerable<(string Formula, string Of)> parts) =>
        string.Join(", and ", parts.Where(part => part.Formula is not ("" or "0"))
            .Select((part, index) => $"`{part.Formula}` {(index == 0 ? $"{what} " : "")}{part.Of}"));

    private static ReportTable Example(MethodDescription method) => new()
    {
        Lead =
        [
            "In a sweep file:",
            "  methods:",
            $"    - method: {method.Id}",
            .. When(method.ComposesExperts, "      experts: lora"),
            .. method.Options.Where(option => option.Default is not null).Take(3)
                .Select(option => $"      {option.Name}: {option.Default}"),
        ],
        Columns = [],
        Rows = [],
    };

    private static string[] When(bool holds, string line) => holds ? [line] : [];

    private static ImmutableArray<Column> OptionColumns(string heading) =>
    [
        new(heading),
        new("type", Priority: 2),
        new("default"),
        new("range", Priority: 1, Overflow: Overflow.Wrap),
        new("meaning", Overflow: Overflow.Wrap),
    ];

    private static ImmutableArray<Cell> Option(OptionDescription option) =>
        [option.Name, Type(option.Kind), option.Default?.ToString() ?? "none", Range(option), option.Summary];

    private static string Type(OptionKind kind) => kind switch
    {
        OptionKind.Integer => "int",
        OptionKind.Real => "float",
        OptionKind.Text => "text",
        OptionKind.Flag => "true, false",
        OptionKind.IntegerList => "ints",
        OptionKind.RealList => "floats",
        OptionKind.TextList => "texts",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Range(OptionDescription option) => option switch
    {
        { Choices.Count: > 0 } => string.Join(", ", option.Choices),
        { Minimum: { } low, Maximum: { } high } => $"{Bound(low)} to {Bound(high)}",
        { Minimum: { } low } => $"from {Bound(low)}",
        { Maximum: { } high } => $"to {Bound(high)}",
        _ => "",
    };

    private static string Bound(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string Families(EquatableArray<string> families) => families.Count == 0 ? "every base" : string.Join(", ", families);

    private static string Goal(TaskDescription task) => $"{task.Metric}, {(task.Maximize ? "more" : "less")} is better";
}
