using System.CommandLine;
using Experiments.Reports;
using Experiments.Simulation;
using Experiments.Sweeps;

namespace Orchestrator.Commands;

/// <summary>Whether a plan is carried out in virtual time, and what is supposed then.</summary>
internal sealed class SimulationArguments
{
    private readonly Option<bool> _simulate = new("--simulate") { Description = "Carry it out in virtual time: nothing is trained." };

    private readonly Option<int?> _devices = new("--devices")
    {
        HelpName = "N",
        Description = "With --simulate: so many devices; else the file's, or one.",
    };

    private readonly Option<double?> _secondsPerStep = Number(
        "--seconds-per-step", "S", "With --simulate: time of a step; else what it took in earlier sweeps.");

    private readonly Option<double?> _hours = Number("--hours", "H", "With --simulate: what is done by then; else the file's limit.");

    private readonly Option<double?> _lossesPerDay = Number(
        "--losses-per-day", "F", "With --simulate: how often a device loses its worker, at random times.");

    private readonly Option<double?> _failures = Number("--failures", "SHARE", "With --simulate: share of trials that fail by themselves.");

    private readonly Option<double?> _latency = Number("--latency", "S", "With --simulate: seconds of a message, either way.");

    private readonly Option<int?> _checkpointEvery = new("--checkpoint-every")
    {
        HelpName = "STEPS",
        Description = "With --simulate: steps between checkpoints, from which lost trials go on.",
    };

    private readonly Option<double?> _correlation = Number(
        "--correlation", "C", "With --simulate: how well a value after 1/81 of a trial's steps foretells its final one (default 0.85).");

    /// <summary>Makes a command take them.</summary>
    public void AddTo(Command command)
    {
        Option[] suppositions = [_devices, _secondsPerStep, _hours, _lossesPerDay, _failures, _latency, _checkpointEvery, _correlation];
        command.Add(_simulate);
        foreach (var supposition in suppositions)
            command.Add(supposition);

        command.Validators.Add(result =>
        {
            if (!result.GetValue(_simulate) && suppositions.FirstOrDefault(option => result.GetResult(option) is not null) is { } alone)
                result.AddError($"{alone.Name} goes with --simulate.");
        });
        Bound(command, _devices, "at least 1", devices => devices >= 1);
        Bound(command, _checkpointEvery, "at least 1", steps => steps >= 1);
        Bound(command, _secondsPerStep, "above 0", seconds => seconds is > 0 and < 1e6);
        Bound(command, _hours, "above 0", hours => hours is > 0 and < 1e6);
        Bound(command, _lossesPerDay, "at least 0 and at most 10000", losses => losses is >= 0 and <= 10_000);
        Bound(command, _failures, "at least 0 and below 1", share => share is >= 0 and < 1);
        Bound(command, _latency, "at least 0 and at most 3600", seconds => seconds is >= 0 and <= 3_600);
        Bound(command, _correlation, "between -1 and 1", correlation => correlation is >= -1 and <= 1);
    }

    /// <summary>What is supposed; null where nothing is to be simulated.</summary>
    public Supposition? Read(ParseResult parsed, SweepSpec spec)
    {
        if (!parsed.GetValue(_simulate))
            return null;

        var cluster = new VirtualCluster
        {
            Devices = parsed.GetValue(_devices)
                ?? (spec.Resources.Devices.Count > 0 ? spec.Resources.Devices.Count : spec.Resources.Slots ?? 1),
            LossesPerDay = parsed.GetValue(_lossesPerDay) ?? 0,
            Failures = parsed.GetValue(_failures) ?? 0,
            Latency = TimeSpan.FromSeconds(parsed.GetValue(_latency) ?? 0),
            CheckpointEvery = parsed.GetValue(_checkpointEvery),
            Seed = (ulong)spec.Seed,
        };
        return new Supposition(
            cluster,
            parsed.GetValue(_secondsPerStep) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            parsed.GetValue(_correlation) ?? ExchangeableCurves.UsualCorrelation,
            parsed.GetValue(_hours) is { } hours ? TimeSpan.FromHours(hours) : spec.Limits.Wall);
    }

    private static Option<double?> Number(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    private static void Bound<T>(Command command, Option<T?> option, string bounds, Predicate<T> holds) where T : struct =>
        command.Validators.Add(result =>
        {
            if (result.GetResult(option) is { Tokens: [var token] } && result.GetValue(option) is { } value && !holds(value))
                result.AddError($"{option.Name} is {token.Value}, but must be {bounds}.");
        });
}
