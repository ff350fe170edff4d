using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>A sweep: search spaces of methods on tasks, replicated over seeds. Immutable; every default is filled in.</summary>
public sealed record SweepSpec
{
    /// <summary>Name, <c>[a-z0-9-]+</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Seed of everything that is drawn.</summary>
    public int Seed { get; init; }

    /// <summary>Replicates: each configuration is trained once with each of these seeds.</summary>
    public EquatableArray<int> Seeds { get; init; } = [0];

    /// <summary>Blocks of task, base and methods. Methods are compared within a block.</summary>
    public required EquatableArray<TaskBlock> Tasks { get; init; }

    /// <summary>How configurations are drawn.</summary>
    public SamplerSpec Sampler { get; init; } = new();

    /// <summary>How trials are run to their end or not.</summary>
    public SchedulerSpec Scheduler { get; init; } = new();

    /// <summary>Where the sweep stops early.</summary>
    public Limits Limits { get; init; } = new();

    /// <summary>What a trial runs on.</summary>
    public Resources Resources { get; init; } = new();

    /// <summary>How methods are compared at the end.</summary>
    public ComparisonSpec Compare { get; init; } = new();

    /// <summary>Total number of training trials, replicates included and rejected ones left out; null for as many as the grid
    /// has.</summary>
    public int? Trials { get; init; }

    /// <summary>Whether its trials are asked for, instead of being given to workers. Such a sweep has one block.</summary>
    [JsonIgnore]
    public bool IsExternal => Tasks.Any(block => block.External is not null);

    /// <summary>How often in a row a trial that was lost with its worker, without recording anything new, is tried again.</summary>
    public int Retries { get; init; } = 3;
}

/// <summary>One task with the methods that are compared on it, or one measure of programs that are compared by it.</summary>
public sealed record TaskBlock
{
    /// <summary>The task's registered name; <see cref="CommandSpec.Name"/> where programs are run, and
    /// <see cref="ExternalSpec.Name"/> where trials are asked for: these have neither size nor base.</summary>
    public required string Task { get; init; }

    /// <summary>The task's size.</summary>
    public required string Size { get; init; }

    /// <summary>A base that the product makes, or a folder.</summary>
    public required string Base { get; init; }

    /// <summary>The metric that configurations are chosen and methods compared by, without prefix.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether more of the metric is better.</summary>
    public required bool Maximize { get; init; }

    /// <summary>What configurations should be good at besides the metric, which is the first objective.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] // absent, as in specs from before there were any
    public EquatableArray<Objective> Objectives { get; init; } = [];

    /// <summary>Bounds on what trials come to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<OutcomeConstraint> OutcomeConstraints { get; init; } = [];

    /// <summary>The methods with their spaces, in file order.</summary>
    public required EquatableArray<MethodEntry> Methods { get; init; }

    /// <summary>How the programs of the entries are run; null where methods learn a task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CommandSpec? Command { get; init; }

    /// <summary>What is known of work that is done elsewhere; null where it is done here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ExternalSpec? External { get; init; }

    /// <summary>Whether methods learn a task, so that steps, parameters and splits are known.</summary>
    [JsonIgnore]
    public bool IsTraining => Command is null && External is null;

    /// <summary>What a trial is judged by, of what it reported: the metric on the validation split or, where that was not
    /// reported, the metric by its bare name; null without either.</summary>
    public double? ValueOf(IReadOnlyDictionary<string, double> metrics) => ValueOf(metrics, Metric);

    /// <summary>The same of another metric.</summary>
    public static double? ValueOf(IReadOnlyDictionary<string, double> metrics, string metric) =>
        metrics.TryGetValue($"validation_{metric}", out var validation) ? validation
        : metrics.TryGetValue(metric, out var bare) ? bare
        : null;
}

/// <summary>A method in a sweep, with its own search space.</summary>
public sealed record MethodEntry
{
    /// <summary>Name in tables, unique in its block: <c>as:</c>, else the method's.</summary>
    public required string Name { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>What is searched and what is fixed: own parameters first, then the block's and the sweep's shared ones.</summary>
    public required SearchSpace Space { get; init; }

    /// <summary>Name of the entry whose trials of the same seed are this one's experts; null where it needs none.</summary>
    public string? Experts { get; init; }

    /// <summary>The first configurations, whole or in part; what one leaves open is drawn at random.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<Configuration> StartWith { get; init; } = [];

    /// <summary>Program and arguments, with placeholders, where the entry runs one; null where it trains.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EquatableArray<string>? Command { get; init; }
}

/// <summary>Which sampler, with its options.</summary>
public sealed record SamplerSpec
{
    /// <summary>Registered name.</summary>
    public string Type { get; init; } = "random";

    /// <summary>Options of that sampler.</summary>
    public Configuration Options { get; init; } = Configuration.Empty;

    /// <summary>Earlier sweeps whose completed and pruned configurations the sampler knows from the start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> WarmStart { get; init; } = [];
}

/// <summary>Which scheduler, with its options.</summary>
public sealed record SchedulerSpec
{
    /// <summary>Registered name.</summary>
    public string Type { get; init; } = "fifo";

    /// <summary>Options of that scheduler.</summary>
    public Configuration Options { get; init; } = Configuration.Empty;
}

/// <summary>Limits of the whole sweep and of one trial; null for none. Of several the one that is reached first counts.</summary>
public sealed record Limits
{
    /// <summary>Wall time of one run of the sweep.</summary>
    public TimeSpan? Wall { get; init; }

    /// <summary>Time of one trial.</summary>
    public TimeSpan? Trial { get; init; }

    /// <summary>Time of all attempts on all devices together, over all runs of the sweep.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // absent, as in specs from before there was one
    public TimeSpan? DeviceTime { get; init; }

    /// <summary>The same as money; in the unit of <see cref="PricePerDeviceHour"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Cost { get; init; }

    /// <summary>What one device costs for an hour; there where <see cref="Cost"/> is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? PricePerDeviceHour { get; init; }

    /// <summary>What becomes of running attempts when a limit of the sweep is reached.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AtLimit AtLimit { get; init; }

    /// <summary>The device time that both <see cref="DeviceTime"/> and <see cref="Cost"/> allow; null for any.</summary>
    [JsonIgnore]
    public TimeSpan? Budget
    {
        get
        {
            var bought = Cost is { } cost && PricePerDeviceHour is { } price && cost / price < TimeSpan.MaxValue.TotalHours
                ? TimeSpan.FromHours(cost / price)
                : (TimeSpan?)null;
            return bought is null || DeviceTime < bought ? DeviceTime : bought;
        }
    }
}

/// <summary>What becomes of running attempts when a limit of the sweep is reached. No new ones begin.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AtLimit>))]
public enum AtLimit
{
    /// <summary>They save a checkpoint and stop; the sweep goes on from there.</summary>
    [JsonStringEnumMemberName("stop")]
    Stop,

    /// <summary>They go on to their next rung or to their end.</summary>
    [JsonStringEnumMemberName("drain")]
    Drain,
}

/// <summary>What trials run on.</summary>
public sealed record Resources
{
    /// <summary>CPU slots where no GPU is used; null for half the cores.</summary>
    public int? Slots { get; init; }

    /// <summary>Devices to use, for example <c>cuda:0</c> or <c>cpu:2</c>; empty for what is found.</summary>
    public EquatableArray<string> Devices { get; init; } = [];
}

/// <summary>How methods are compared.</summary>
public sealed record ComparisonSpec
{
    /// <summary>Name of the entry that others are compared with, where a block has it.</summary>
    public string Reference { get; init; } = "lora";

    /// <summary>Confidence of intervals, between 0 and 1.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>What is expected of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<Claim> Claims { get; init; } = [];
}
