using System.Collections.Immutable;
using System.Globalization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Commands;

/// <summary>
/// What the program of a trial is given: its command line, its environment, its folders. Parameters reach it in three ways, of
/// which it may take any: by placeholders, by <c>ORCHESTRATOR_PARAM_NAME</c>, and by the JSON file that
/// <c>ORCHESTRATOR_PARAMETERS</c> names.
/// </summary>
internal sealed class CommandTrial
{
    private const string ParametersFile = "parameters.json";
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    private readonly TrialWork.Train _work;
    private readonly string _dataFolder;
    private readonly string _sweep;
    private readonly AttemptId _attempt;
    private readonly Dictionary<string, string> _given;
    private readonly string? _takenOver;

    /// <param name="assignment">The attempt, of a block of programs.</param>
    /// <param name="dataFolder">The data folder, absolute.</param>
    /// <param name="device">Name of the device that the trial has, for example <c>cuda:0</c>.</param>
    public CommandTrial(Assignment assignment, string dataFolder, string device)
    {
        var block = assignment.Block!;
        _work = (TrialWork.Train)assignment.Work;
        (_dataFolder, _sweep, _attempt) = (dataFolder, assignment.Sweep, assignment.Attempt);
        (Block, Spec, Device) = (block, block.Command!, device);
        RelativeFolder = TrialFolders.Of(assignment.Sweep, assignment.Attempt);
        Folder = Path.Combine(dataFolder, RelativeFolder);
        Checkpoints = Spec.Checkpoints ? TrialFolders.SharedCheckpoints(assignment.Sweep, assignment.Attempt.Trial) : null;
        CheckpointsPath = Checkpoints is null ? null : Path.Combine(dataFolder, Checkpoints);
        EarlierFolders = Checkpoints is null
            ? []
            : [.. Enumerable.Range(assignment.FirstAttempt, assignment.Attempt.Number - assignment.FirstAttempt).Reverse()
                .Select(number => assignment.Attempt with { Number = number })
                .Select(earlier => Path.Combine(dataFolder, TrialFolders.Of(assignment.Sweep, earlier)))];
        KeepsCopies = assignment.KeepsCopies;
        _takenOver = assignment.ResumeFrom is { Owner: not null } taken ? Path.Combine(dataFolder, taken.Folder) : null;
        MetricsPath = Spec.MetricsFile is { } file ? Path.Combine(Folder, file) : null;
        _given = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["sweep"] = assignment.Sweep,
            ["trial"] = Text(assignment.Attempt.Trial.Number),
            ["attempt"] = Text(assignment.Attempt.Number),
            ["seed"] = Text(_work.Replicate),
            ["device"] = device,
            ["folder"] = Folder,
            ["parameters_file"] = Path.Combine(Folder, ParametersFile),
        };
        if (CheckpointsPath is not null)
            _given["checkpoints"] = CheckpointsPath;
        if (MetricsPath is not null)
            _given["metrics_file"] = MetricsPath;

        var entry = block.Methods.First(method => method.Name == _work.Entry);
        Arguments = [.. CommandLine.Fill(entry.Command ?? [], _work.Configuration, ValueOf)];
        Environment = [.. Variables()];
    }

    /// <summary>The block that it is of.</summary>
    public TaskBlock Block { get; }

    /// <summary>How it is run.</summary>
    public CommandSpec Spec { get; }

    /// <summary>The device that it has.</summary>
    public string Device { get; }

    /// <summary>Folder of the attempt, relative to the data folder.</summary>
    public string RelativeFolder { get; }

    /// <summary>The same, absolute.</summary>
    public string Folder { get; }

    /// <summary>Folders of the attempts that this one goes on from, the newest first; none where it begins at the start.</summary>
    public ImmutableArray<string> EarlierFolders { get; }

    /// <summary>Steps to its end, where a parameter says so; 0 else.</summary>
    public int Steps => _work.Configuration.Steps ?? 0;

    /// <summary>Folder of the trial's checkpoints, relative to the data folder; null where it keeps none.</summary>
    public string? Checkpoints { get; }

    /// <summary>The same, absolute.</summary>
    public string? CheckpointsPath { get; }

    /// <summary>Whether other trials may go on from its checkpoints, so that what is told of must not change.</summary>
    public bool KeepsCopies { get; }

    /// <summary>Where what it had saved by a step is kept as it is: relative to the data folder, and absolute.</summary>
    public (string Folder, string Path) CopyOf(int step)
    {
        var folder = TrialFolders.Checkpoint(_sweep, _attempt, step);
        return (folder, Path.Combine(_dataFolder, folder));
    }

    /// <summary>File that metric lines are read from; null for standard output.</summary>
    public string? MetricsPath { get; }

    /// <summary>Program and arguments.</summary>
    public ImmutableArray<string> Arguments { get; }

    /// <summary>Variables of its environment, besides those of the worker.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; }

    /// <summary>Makes its folders and the file of its parameters; of a trial that took another's training over, the folder of
    /// checkpoints is what the other's was.</summary>
    /// <exception cref="IOException">When that is not possible.</exception>
    public void Prepare()
    {
        Directory.CreateDirectory(Folder);
        if (CheckpointsPath is not null && _takenOver is not null)
            CheckpointCopy.Make(_takenOver, CheckpointsPath);
        else if (CheckpointsPath is not null)
            Directory.CreateDirectory(CheckpointsPath);
        File.WriteAllText(_given["parameters_file"], _work.Configuration + "\n");
    }

    private string? ValueOf(string placeholder) => _given.TryGetValue(placeholder, out var given)
        ? given
        : _work.Configuration.Values.GetValueOrDefault(placeholder)?.ToString();

    private IEnumerable<KeyValuePair<string, string>> Variables()
    {
        foreach (var (name, value) in _given)
            yield return new(name == "parameters_file" ? "ORCHESTRATOR_PARAMETERS" : $"ORCHESTRATOR_{Upper(name)}", value);
        foreach (var (name, value) in _work.Configuration.Values)
            yield return new($"ORCHESTRATOR_PARAM_{Upper(name)}", value.ToString());
        if (Device.Split(':') is ["cuda", var index])
            yield return new(VisibleDevices, Visible(index));
        foreach (var variable in Spec.Environment)
        {
            if (CommandLine.Fill(variable.Value, ValueOf) is { } value)
                yield return new(variable.Name, value);
        }
    }

    /// <summary>A device by the name that the driver knows: where the worker itself sees only some, the index counts those.</summary>
    private static string Visible(string index)
    {
        var visible = System.Environment.GetEnvironmentVariable(VisibleDevices)?.Split(',') ?? [];
        var position = int.Parse(index, CultureInfo.InvariantCulture);
        return position < visible.Length ? visible[position] : index;
    }

    private static string Upper(string name) => name.ToUpperInvariant();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
