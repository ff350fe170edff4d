using System.CommandLine;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Trials;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator store verify [SWEEP]</c>: whether what is recorded agrees with itself.</summary>
internal sealed class StoreCommand : Command, IExemplified
{
    private readonly Argument<string?> _sweep = SweepArgument.CreateOptional("Without one all are checked.");

    public StoreCommand(CommandContext context) : base("store", "Look after the store.")
    {
        var verify = new Command("verify", "Recompute what was decided and counted from the recorded events, and say what disagrees.");
        verify.Add(_sweep);
        verify.SetAction(parsed =>
        {
            using var store = LiteDbStore.OpenForReading(context.Settings(parsed).Data);
            var names = SweepArgument.Names(store.Sweeps(), parsed.GetValue(_sweep));
            var verified = names.Select(name => Verify(store, name, context)).ToList();
            context.Output(parsed).Write(new StoreDocument([.. verified]), ReportJson.Of, StoreTables.Of);
            return verified.TrueForAll(sweep => sweep.Disagreements.IsEmpty) ? ExitCode.Ok : ExitCode.NotAllGood;
        });
        Add(verify);
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("store verify", "every sweep: drawn again, decided again, counted again"),
        ("store verify @last --json", "the newest, for a script"),
    ];

    private static VerifiedSweep Verify(LiteDbStore store, string sweep, CommandContext context)
    {
        var spec = store.SpecOf(sweep);
        var audit = SweepAudit.Of(spec, context.Catalogue(), store.Read(sweep).Select(recorded => recorded.Event));
        var rows = store.Trials(sweep).Select(row => (row.Trial, row.State)).ToHashSet();
        var strays = audit.Trials.Where(trial => !rows.Contains(trial))
            .Select(trial => $"{trial.Trial} is {SnakeCase.Of(trial.State)} by its events, and stands otherwise in the table of trials.");
        return new VerifiedSweep(
            sweep, audit.Events, audit.Trials.Count(), audit.Suggestions, audit.Decisions, [.. audit.Disagreements, .. strays]);
    }
}
