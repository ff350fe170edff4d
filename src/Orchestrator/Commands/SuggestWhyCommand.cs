using System.CommandLine;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Trials;
using Orchestrator.Reading;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator suggest-why SWEEP TRIAL</c>: what a trial was drawn from, and how it stood at its rungs.</summary>
internal sealed class SuggestWhyCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = SweepArgument.Create();
    private readonly Argument<string> _trial = TrialArgument.Create();

    public SuggestWhyCommand(CommandContext context)
        : base("suggest-why", "Say what made a trial: what its sampler had seen, and how it stood at each rung.")
    {
        Add(_sweep);
        Add(_trial);
        SetAction(parsed =>
        {
            using var store = LiteDbStore.OpenForReading(context.Settings(parsed).Data);
            var sweep = SweepNames.Resolve(store.Sweeps(), parsed.GetRequiredValue(_sweep));
            var row = TrialArgument.Find(sweep, store.Trials(sweep), parsed.GetRequiredValue(_trial));
            var spec = store.SpecOf(sweep);
            var origin = TrialOrigin.Of(spec, context.Catalogue(), store.Read(sweep).Select(recorded => recorded.Event), row.Trial)
                ?? throw new NoSuchThingException($"{row.Trial} prepares what others need; nothing was drawn for it.");
            context.Output(parsed).Write(OriginDocument.Of(sweep, spec, origin), ReportJson.Of, OriginTables.Of);
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("suggest-why lesions t42", "what its sampler knew, and where it was promoted"),
        ("suggest-why @last t42 --json", "for a script"),
    ];
}
