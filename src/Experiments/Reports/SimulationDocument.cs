using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>What is supposed where a plan is simulated.</summary>
/// <param name="Cluster">Devices and what befalls them.</param>
/// <param name="StepTime">Time of a step of every method; null for what earlier trials took, or a second without any.</param>
/// <param name="Correlation">Of a value after 1/81 of a trial's steps with its final one, from -1 to 1.</param>
/// <param name="Until">Breaks the sweep off then; null to run it to its end.</param>
public sealed record Supposition(VirtualCluster Cluster, TimeSpan? StepTime, double Correlation, TimeSpan? Until);

/// <summary>A plan carried out in virtual time.</summary>
public sealed record SimulationDocument
{
    /// <summary>Number of devices.</summary>
    public required int Devices { get; init; }

    /// <summary>Time to the sweep's end, or to where it was broken off.</summary>
    [JsonPropertyName("seconds")]
    public required TimeSpan Time { get; init; }

    /// <summary>Whether it came to its end.</summary>
    public required bool Ended { get; init; }

    /// <summary>Time in which devices worked, of all in sum.</summary>
    [JsonPropertyName("device_seconds")]
    public required TimeSpan DeviceTime { get; init; }

    /// <summary>Share of the devices' time in which they worked.</summary>
    public double BusyShare => Time == TimeSpan.Zero ? 0 : DeviceTime / (Devices * Time);

    /// <summary>Time of one device for all drawn trials, if each ran to its end.</summary>
    [JsonPropertyName("full_device_seconds")]
    public required TimeSpan FullDeviceTime { get; init; }

    /// <summary>Steps that were trained.</summary>
    public required long Steps { get; init; }

    /// <summary>Of them, steps that were lost with a worker.</summary>
    public required long UndoneSteps { get; init; }

    /// <summary>Workers that were lost.</summary>
    public required int Losses { get; init; }

    /// <summary>Number of training trials by state.</summary>
    public required ImmutableSortedDictionary<TrialState, int> Trials { get; init; }

    /// <summary>Where trials were measured on the way.</summary>
    public required ImmutableArray<SimulatedRung> Rungs { get; init; }

    /// <summary>What it rests on, a sentence each.</summary>
    public required ImmutableArray<string> Assumptions { get; init; }

    /// <summary>Carries out a plan.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="catalogue">What its file can name.</param>
    /// <param name="plan">Its plan, whose measured times are used.</param>
    /// <param name="supposed">What is supposed besides.</param>
    /// <exception cref="SpecException">When the sweep would not end.</exception>
    public static SimulationDocument Of(SweepSpec spec, ICatalogue catalogue, PlanDocument plan, Supposition supposed)
    {
        var model = new ExchangeableCurves(spec, catalogue, StepTime, supposed.Correlation);
        var simulation = SweepSimulation.Run(spec, catalogue, model, supposed.Cluster, supposed.Until);
        return new SimulationDocument
        {
            Devices = supposed.Cluster.Devices,
            Time = simulation.Time,
            Ended = simulation.HasEnded,
            DeviceTime = simulation.Busy,
            FullDeviceTime = simulation.Full,
            Steps = simulation.Steps,
            UndoneSteps = simulation.UndoneSteps,
            Losses = simulation.Losses,
            Trials = simulation.Trials,
            Rungs = [.. simulation.Rungs],
            Assumptions = [Curves(supposed.Correlation), .. Times(plan, supposed)],
        };

        TimeSpan StepTime(int block, string entry) => supposed.StepTime ?? plan.Entries
            .Single(planned => planned.Block == block && planned.Entry == entry).StepTime ?? TimeSpan.FromSeconds(1);
    }

    private static string Curves(double correlation) => string.Create(CultureInfo.InvariantCulture,
        $"Assumed, since no value is known before training: every configuration is as likely as any other to be the best, and a value "
        + $"after 1/81 of a trial's steps correlates {correlation:0.##} with its final one, the more the later it is taken.");

    private static IEnumerable<string> Times(PlanDocument plan, Supposition supposed)
    {
        if (supposed.StepTime is { } step)
            yield return string.Create(CultureInfo.InvariantCulture, $"Assumed: a step takes {step.TotalSeconds:0.######} s.");
        else if (plan.Entries.Any(entry => entry.StepTime is null))
            yield return "Assumed, where the store has no trials of the same task, base and method: a step takes a second.";
        yield return "Preparations, evaluations and the start of workers take no time.";
    }
}
