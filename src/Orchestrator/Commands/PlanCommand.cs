using System.Collections.Immutable;
using System.CommandLine;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator plan FILE</c>: what the sweep would do and take. Starts nothing.</summary>
internal sealed class PlanCommand : Command, IExemplified
{
    private readonly SweepFileArguments _sweep = new();
    private readonly SimulationArguments _simulation = new();

    public PlanCommand(CommandContext context) : base("plan", "Show what a sweep would do and take; starts nothing.")
    {
        _sweep.AddTo(this);
        _simulation.AddTo(this);
        SetAction(async (parsed, cancel) =>
        {
            var spec = _sweep.Read(parsed, context);
            var output = context.Output(parsed);
            var catalogue = context.Catalogue();
            var plan = PlanDocument.Of(spec, catalogue, await History(context, parsed, cancel)) with
            {
                Earlier = Earlier(spec, context, parsed),
            };
            if (_simulation.Read(parsed, spec) is { } supposed)
                plan = plan with { Simulation = SimulationDocument.Of(spec, catalogue, plan, supposed) };
            output.Write(plan, ReportJson.Of, PlanTables.Of);
            foreach (var warning in plan.Warnings)
                output.Note($"Warning: {warning}");
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("plan config/quickstart.yaml", "trials, steps, time"),
        ("plan config/quickstart.yaml --set seeds=10", "and with more seeds"),
        ("plan config/sweeps/asha.yaml --simulate --devices 8", "its course in virtual time: how long, who goes on"),
    ];

    /// <summary>What the samplers would learn from earlier sweeps; nothing, with the reason, where the store cannot be read.</summary>
    private static ImmutableArray<TakenOver> Earlier(SweepSpec spec, CommandContext context, ParseResult parsed)
    {
        if (spec.Sampler.WarmStart.Count == 0)
            return [];
        try
        {
            using var store = LiteDbStore.OpenForReading(context.Settings(parsed).Data);
            return [.. EarlierSweeps.Find(spec, context.Catalogue(), store)!.Histories.Select(TakenOver.Of)];
        }
        catch (StoreException exception)
        {
            context.Output(parsed).Note($"What 'warm_start' takes over is not known: {exception.Message}");
            return [];
        }
    }

    /// <summary>Earlier sweeps, to estimate by. A store that cannot be read leaves the plan without times, and says why.</summary>
    private static async Task<List<(SweepSpec, IReadOnlyList<TrialRow>)>> History(
        CommandContext context, ParseResult parsed, CancellationToken cancel)
    {
        var history = new List<(SweepSpec, IReadOnlyList<TrialRow>)>();
        try
        {
            using var reader = await context.Sweeps(context.Settings(parsed).Data, cancel);
            foreach (var sweep in await reader.List(cancel))
            {
                var snapshot = await reader.Read(sweep.Name, cancel);
                history.Add((snapshot.Spec, snapshot.Trials));
            }
        }
        catch (StoreException exception)
        {
            context.Output(parsed).Note($"Times are not known: {exception.Message}");
        }

        return history;
    }
}
