using System.CommandLine;
using Experiments.Asking;
using Experiments.Reports;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Orchestrator.Asking;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator ask SWEEP|FILE</c>: gives the next trial to a training loop that somebody else runs.</summary>
internal sealed class AskCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = new("sweep")
    {
        Description = "Name of a sweep with 'workload: external', or a sweep file, which begins it or goes on with it.",
    };

    private readonly Option<string?> _as = new("--as")
    {
        HelpName = "NAME",
        Description = "Who asks. A loop that was killed and asks again under its name does not wait for its lease to end.",
    };

    private readonly Option<string?> _lease = new("--lease")
    {
        HelpName = "TIME", Description = "How long you may be silent before the trial is given to another (default 1h).",
    };

    private readonly Option<string[]> _set = new SweepFileArguments().Set;

    public AskCommand(CommandContext context) : base("ask", "Ask for a trial that your own program runs; the answer is JSON.")
    {
        Add(_sweep);
        Add(_as);
        Add(_lease);
        Add(_set);
        SetAction(async (parsed, cancel) =>
        {
            var settings = context.Settings(parsed);
            var catalogue = context.Catalogue();
            var spec = Spec(parsed.GetRequiredValue(_sweep), parsed.GetRequiredValue(_set), catalogue, context);
            var sweep = spec?.Name ?? parsed.GetRequiredValue(_sweep);
            var request = new AskRequest(
                sweep, parsed.GetValue(_as) ?? AskerName.New(), Lease(parsed.GetValue(_lease)), Environment.MachineName);
            using var desk = await TrialDesks.OpenAsync(
                settings, sweep, spec, catalogue, context.Surroundings.Time, context.Output(parsed).Note, cancel);
            var answer = await desk.AskAsync(request, cancel);
            context.Surroundings.Output.WriteLine(ReportJson.Of(answer));
            return answer.Answer switch
            {
                AskVerdict.Work => ExitCode.Ok,
                AskVerdict.Wait => ExitCode.NotAtTheEnd,
                _ => ExitCode.NothingLeft,
            };
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("ask config/sweeps/external.yaml", "a trial of that sweep, which begins with it"),
        ("ask external --as gpu-7 --lease 20m", "for a loop that tells at least every 20 minutes"),
        ("tell external t3.1 --value loss=0.31 --step 9", "what came of it"),
    ];

    private static SweepSpec? Spec(string given, string[] overrides, ICatalogue catalogue, CommandContext context)
    {
        var path = Path.GetFullPath(given, context.Surroundings.Folder);
        if (File.Exists(path) || given.Contains('/', StringComparison.Ordinal) || Path.HasExtension(given))
            return SweepFile.Read(path, catalogue, overrides, context.Surroundings.Environment);
        return overrides.Length == 0 ? null : throw new RefusedException(
            RefusalKind.BadInput, $"--set changes what a file says, and '{given}' is the name of a sweep.");
    }

    private static TimeSpan Lease(string? given) => given is null
        ? AskRequest.UsualLease
        : DurationText.Parse(given) ?? throw new RefusedException(
            RefusalKind.BadInput, $"--lease must be {DurationText.Form}, not '{given}'.");
}
