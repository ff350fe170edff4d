using System.Collections.Immutable;

namespace Experiments.SweepFiles.Reading;

/// <summary>A key of the sweep file and what it means: the reader accepts it, the JSON schema describes it.</summary>
internal sealed record FileKey(string Name, string Summary);

/// <summary>The keys of one kind of mapping, what they are called elsewhere, and what is refused though other tools, or
/// later versions, have it.</summary>
internal sealed record KeySet(ImmutableArray<FileKey> Keys)
{
    /// <summary>Words of other tools, with the word here.</summary>
    public ImmutableDictionary<string, string> Foreign { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Known but not supported, with what to do instead.</summary>
    public ImmutableDictionary<string, string> Refused { get; init; } = ImmutableDictionary<string, string>.Empty;

    public IEnumerable<string> Names => Keys.Select(key => key.Name);

    public bool Has(string name) => Names.Contains(name);

    public string Summary(string name) => Keys.First(key => key.Name == name).Summary;
}

/// <summary>All keys of the sweep file but the options, which the catalogue knows.</summary>
internal static class FileKeys
{
    private const string _constraints =
        "Rules that every configuration keeps, such as `rank * experts <= 64`; each holds for the methods that have all its parameters.";

    private const string StartWith = "Configurations that come first, such as `[{ rank: 8 }]`; what one leaves open is drawn at random.";

    private static readonly KeyValuePair<string, string>[] _wordsForStartWith =
        [new("points_to_evaluate", "start_with"), new("enqueue_trial", "start_with"), new("initial_points", "start_with")];

    private static readonly ImmutableDictionary<string, string> _ofEntries =
        ImmutableDictionary<string, string>.Empty.Add("start_with", "It belongs in an entry of 'methods'.");

    private static readonly ImmutableArray<FileKey> _ofCommand =
    [
        new("directory", "Working folder of the program, relative to this file. Default: this file's folder."),
        new("environment", "Variables of the program's environment; values may hold placeholders."),
        new("metrics_file", "File of the attempt's folder that metric lines are read from. Default: standard output."),
        new("checkpoints", "Whether the program keeps checkpoints in the folder that it is given. Default: false."),
        new("memory_limit", "Resident memory of a trial's processes together, for example 2GB. Default: none."),
        new("time_limit", "Time of one attempt, for example 45m. Default: none."),
        new("grace", "Time between the request to end and the kill, at most 20s. Default: 10s."),
    ];

    private static readonly ImmutableArray<FileKey> _ofBlock =
    [
        new("task", "What is learnt; `orchestrator tasks` lists them."),
        new("size", "How large the task is. Default: quickstart, where the task comes in that size."),
        new("base", "Base model: one that is made here, or a Hugging Face folder, relative to this file; or two, an image "
            + "encoder and the language model that reads what it sees: \"sam-tiny + nano\". Default: the task's."),
        new("metric", "Metric that configurations are chosen and methods compared by. Default: the task's."),
        new("objectives", "What configurations should be good at besides the metric: metrics, trainable_parameters, "
            + "peak_memory_mb, seconds."),
        new("outcome_constraints", "Bounds on what a trial comes to, such as \"peak_memory_mb <= 16000\"; what exceeds one ranks "
            + "behind all that exceed none."),
        new("methods", "Methods that are compared, each with its own search space; a bare name takes all defaults."),
        new("parameters", "Options shared by every method that knows them; a method's own value goes first."),
        new("constraints", _constraints),
        new("command", "Program to run instead of learning a task, and its arguments: a list such as [python3, train.py, \"--lr=${lr}\"]."),
        .. _ofCommand,
        new("workload", "external: programs of your own ask for trials and tell of them, by `orchestrator ask` and `tell`. "
            + "Default: command, where there is one."),
    ];

    public static KeySet Block { get; } = new(_ofBlock) { Foreign = ForeignWords.OfSweep, Refused = _ofEntries };

    public static KeySet Sweep { get; } = new(
    [
        new("name", "Name of the sweep: lower-case letters, digits and hyphens. Default: the file's name."),
        .. _ofBlock,
        new("tasks", "Several blocks of task, base and methods in one sweep; methods are compared within a block."),
        new("seeds", "Replicates: each configuration is trained with seeds 0 to N-1, or with each of a list. Default: 1."),
        new("seed", "Seed of everything that is drawn. Default: 0."),
        new("trials", "Training trials in all, replicates included. Default: as many as the spaces hold."),
        new("sampler", "How configurations are drawn. Default: random."),
        new("scheduler", "Which waiting trial goes next. Default: fifo."),
        new("limits", "Where the sweep, or a trial, is stopped. Default: nowhere."),
        new("resources", "What trials run on. Default: every GPU, else half of the cores."),
        new("compare", "How methods are compared at the end."),
        new("retries", "How often a trial that was lost with its worker is tried again. Default: 3."),
        new("report", "Steps between two reports of a trial: short for `report_every` under `parameters`."),
    ])
    {
        Foreign = ForeignWords.OfSweep,
        Refused = _ofEntries
            .Add("on_error", "A trial lost with its worker is tried again as often as 'retries' says; other failures are not."),
    };

    public static KeySet Entry { get; } = new(
    [
        new("method", "The method; `orchestrator methods` lists them."),
        new("as", "Name in tables, where a method is listed twice."),
        new("experts", "Name of an earlier entry whose trials of the same seed are composed."),
        new("constraints", "Rules that every configuration keeps, such as `rank * experts <= 64`."),
        new("start_with", StartWith),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty.Add("name", "as").Add("type", "method").Add("id", "method")
            .AddRange(_wordsForStartWith),
    };

    /// <summary>Keys of a block that only mean something beside <c>command</c>.</summary>
    public static IEnumerable<string> OfCommand => _ofCommand.Select(key => key.Name);

    /// <summary>An element of <c>methods:</c> in a block of programs.</summary>
    public static KeySet CommandEntry { get; } = new(
    [
        new("as", "Name in tables."),
        new("command", "Program and arguments. Default: those of the block."),
        new("parameters", "Parameters of this entry; its own value goes before the block's."),
        new("start_with", StartWith),
        new("constraints", "Rules that every configuration keeps, such as `layers * width <= 4096`."),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty
            .Add("name", "as").Add("method", "as").Add("program", "command").Add("args", "command").Add("run", "command")
            .AddRange(_wordsForStartWith),
    };

    public static KeySet CommandMetric { get; } = new(
    [
        new("name", "Name of the number that the program reports."),
        new("goal", "maximize or minimize."),
        new("value", "Whether a trial is worth the last value that it reported, or the best. Default: last."),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty.Add("direction", "goal").Add("mode", "goal"),
    };

    /// <summary>Beside the options of a sampler.</summary>
    public static KeySet Sampler { get; } = new(
    [
        new("warm_start", "Earlier sweeps that it learns from too, by name: what they found of the same method, task and metric."),
    ]);

    /// <summary>Options only: what they are called is for the catalogue to say.</summary>
    public static KeySet Parameters { get; } = new([]);

    /// <summary>Beside parents, which are options.</summary>
    public static KeySet When { get; } = new([new("method", "Methods that the parameter is for.")]);

    public static KeySet Domain { get; } = new(
    [
        new("value", "Always this value."),
        new("choices", "One of these values."),
        new("ordinal", "One of these values, in an order that means something: neighbours are alike."),
        new("type", "float or int. Default: as the option is."),
        new("low", "Least value, inclusive."),
        new("high", "Largest value, inclusive."),
        new("log", "Whether values are spread evenly in their logarithm. Default: false."),
        new("step", "Distance of two values, counted from low."),
        new("points", "How many values a grid takes between low and high, both included."),
        new("when", "Conditions on earlier parameters, and on `method`, without which this parameter is absent."),
    ])
    {
        Foreign = ForeignWords.OfDomain,
    };

    public static KeySet Base { get; } = new([new("model", "Base model: a name, or a folder relative to this file.")])
    {
        Refused = ImmutableDictionary<string, string>.Empty.Add("dtype", "Training computes in float32."),
    };

    public static KeySet Metric { get; } = new(
    [
        new("name", "One of the task's metrics."),
        new("goal", "maximize or minimize; needed for a metric other than the task's own."),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty.Add("direction", "goal").Add("mode", "goal"),
    };

    public static KeySet Limits { get; } = new(
    [
        new("wall", "Time of one run of the sweep, for example 6h or 1h30m."),
        new("trial", "Time of one trial, for example 45m."),
        new("device_time", "Time of all attempts on all devices together, over all runs of the sweep, for example 40h."),
        new("cost", "What all device time may cost together, in the unit of price_per_device_hour, for example 120."),
        new("price_per_device_hour", "What one device costs for an hour, for example 2.5."),
        new("at_limit", "At a limit of the sweep no attempt begins, and running ones save and stop (stop), or go on to their next "
            + "rung or their end (drain). Default: stop."),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty
            .Add("timeout", "wall").Add("time", "wall").Add("max_wallclock_time", "wall")
            .Add("gpu_time", "device_time").Add("budget", "device_time")
            .Add("max_cost", "cost").Add("price", "price_per_device_hour").Add("price_per_hour", "price_per_device_hour"),
        Refused = ImmutableDictionary<string, string>.Empty
            .Add("device_hours", "Write it as a time, device_time: 40h.")
            .Add("gpu_hours", "Write it as a time, device_time: 40h.")
            .Add("trials", "It is a key of the sweep itself, one level up."),
    };

    public static KeySet Resources { get; } = new(
    [
        new("slots", "Trials side by side on the CPU, where no GPU is used. Default: half of the cores, at least 1."),
        new("devices", "Devices to use, for example [cuda:0, cuda:1] or [cpu]. Default: every GPU, else the CPU."),
    ])
    {
        Refused = ImmutableDictionary<string, string>.Empty
            .Add("gpus", "A trial takes one device; name devices with 'devices'.")
            .Add("memory_mb", "A trial has its device for itself."),
    };

    public static KeySet Compare { get; } = new(
    [
        new("reference", "Entry that the others are compared with. Default: lora, else the first."),
        new("confidence", "Confidence of intervals, between 0 and 1. Default: 0.95."),
        new("claims", "Differences that are expected; each is tested where all its entries are listed."),
    ])
    {
        Foreign = ImmutableDictionary<string, string>.Empty.Add("baseline", "reference").Add("hypotheses", "claims"),
    };

    public static KeySet Claim { get; } = new(
    [
        new("claim", "The claim in words."),
        new("source", "Who says so."),
        new("better", "Entry that is to be better, or a list, of which the mean is taken."),
        new("than", "Entry that it is to be better than, or a list, of which the mean is taken."),
        new("metric", "What is compared: a metric or a cost such as seconds. Default: the block's metric."),
        new("margin", "How much worse it may be for the claim to hold, in units of the metric. Default: 0."),
    ]);
}
