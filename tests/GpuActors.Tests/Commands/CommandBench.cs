using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Commands;
using GpuActors.Protocol;
using GpuActors.Workers;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Runs programs in a data folder of its own, as a worker does.</summary>
internal sealed class CommandBench : IDisposable
{
    private readonly CommandRunner _runner;

    public CommandBench() => _runner = new CommandRunner(Data, "cpu:0", TimeProvider.System);

    public string Data { get; } = Directory.CreateTempSubdirectory("commands-").FullName;

    /// <summary>How programs are run.</summary>
    public CommandSpec Spec { get; set; } = new() { Directory = Path.GetTempPath() };

    public Configuration Configuration { get; set; } = Configuration.Empty;

    /// <summary>The folder of an attempt.</summary>
    public string FolderOf(int attempt) => Path.Combine(Data, $"sweeps/s/trials/t1/a{attempt}");

    /// <summary>Runs a line of the shell to its end.</summary>
    public TrialResult Shell(
        string line, Seen? seen = null, int attempt = 1, CheckpointRecord? resumeFrom = null, StopWishes stop = default) =>
        Run(["sh", "-c", line], seen, attempt, resumeFrom, stop);

    public TrialResult Run(
        EquatableArray<string> command, Seen? seen = null, int attempt = 1, CheckpointRecord? resumeFrom = null,
        StopWishes stop = default) =>
        Assert.IsType<AttemptOutcome.Finished>(Begin(command, seen, attempt, resumeFrom, stop)).Result;

    /// <summary>Runs a program until it has finished, or rests at a step.</summary>
    public AttemptOutcome Begin(
        EquatableArray<string> command, Seen? seen, int attempt = 1, CheckpointRecord? resumeFrom = null, StopWishes stop = default,
        int? restAt = null, Func<Assignment, Assignment>? with = null)
    {
        var block = new TaskBlock
        {
            Task = CommandSpec.Name,
            Size = "",
            Base = "",
            Metric = "score",
            Maximize = true,
            Methods = [new MethodEntry { Name = "e", Method = CommandSpec.Name, Space = new SearchSpace([]), Command = command }],
            Command = Spec,
        };
        var work = new TrialWork.Train(0, "e", 0, Configuration, Replicate: 5, Seed: 7);
        var id = new AttemptId(new TrialId(1), attempt);
        var assignment = new Assignment("s", id, work, block, CommandSpec.Name, resumeFrom, [], restAt, []);
        return _runner.Run(with?.Invoke(assignment) ?? assignment, seen ?? new Seen(), stop);
    }

    public void Dispose()
    {
        _runner.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}

/// <summary>Keeps what a program reported, and may act on it.</summary>
internal sealed class Seen : IAttemptObserver
{
    public List<string> Log { get; } = [];

    public CheckpointRecord? Newest { get; private set; }

    public Action<int> OnMeasured { get; init; } = _ => { };

    void IAttemptObserver.Started(int fromStep, string? warning) => Log.Add($"started {fromStep}{warning}");

    void IAttemptObserver.Measured(int step, IReadOnlyDictionary<string, double> values)
    {
        var told = values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value:R}");
        Log.Add($"{step} {string.Join(' ', told)}");
        OnMeasured(step);
    }

    void IAttemptObserver.Saved(int step, string folder, long bytes)
    {
        Log.Add($"saved {step} {folder} {bytes}");
        Newest = new CheckpointRecord(1, step, folder, bytes);
    }

    void IAttemptObserver.Progressed(Progress progress)
    {
    }
}
