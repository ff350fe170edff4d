using System.CommandLine;
using Experiments.Asking;
using Experiments.Reports;
using Orchestrator.Asking;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator tell SWEEP TRIAL</c>: records what came of a trial that was asked for, and says what to do now.</summary>
internal sealed class TellCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = new("sweep") { Description = "Name of the sweep." };
    private readonly Argument<string> _trial = new("trial") { Description = "The attempt that you were given, for example t3.1." };

    private readonly Option<string[]> _value = new("--value")
    {
        HelpName = "NAME=NUMBER", Description = "A value; may be repeated.", DefaultValueFactory = _ => [],
    };

    private readonly Option<int?> _step = new("--step")
    {
        HelpName = "N", Description = "The step that the values are of (default: the next). Only with it is a repeated word harmless.",
    };

    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        HelpName = "FOLDER", Description = "A folder that holds a whole checkpoint of that step; another attempt goes on from it.",
    };

    private readonly Option<bool> _done = new("--done") { Description = "What was asked for is done." };
    private readonly Option<string?> _failed = new("--failed") { HelpName = "MESSAGE", Description = "It failed, for good." };
    private readonly Option<bool> _paused = new("--paused") { Description = "You stop; whoever asks next goes on from the checkpoint." };

    public TellCommand(CommandContext context)
        : base("tell", "Tell what came of a trial that you asked for; the answer, JSON, says what to do now.")
    {
        Add(_sweep);
        Add(_trial);
        foreach (var option in (Option[])[_value, _step, _checkpoint, _done, _failed, _paused])
            Add(option);
        SetAction(async (parsed, cancel) =>
        {
            var request = Request(parsed, context);
            using var desk = await TrialDesks.OpenAsync(
                context.Settings(parsed), request.Sweep, spec: null, context.Catalogue(), context.Surroundings.Time,
                context.Output(parsed).Note, cancel);
            var answer = await desk.TellAsync(request, cancel);
            context.Surroundings.Output.WriteLine(ReportJson.Of(answer));
            return answer.Answer == TellVerdict.Fenced ? ExitCode.NotAllGood : ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("tell external t3.1 --value loss=0.31 --step 9", "a measurement; says go_on, rest, stop or fenced"),
        ("tell external t3.1 --value loss=0.29 --step 27 --done", "the last one"),
        ("tell external t3.1", "nothing new: it goes on, so the lease is renewed"),
        ("tell external t3.1 --failed \"out of disk\"", "it failed"),
    ];

    private TellRequest Request(ParseResult parsed, CommandContext context)
    {
        var (trial, attempt) = TrialName.Read(parsed.GetRequiredValue(_trial));
        TellEnd[] ends =
        [
            .. parsed.GetValue(_done) ? (TellEnd[])[TellEnd.Done] : [],
            .. parsed.GetValue(_failed) is null ? (TellEnd[])[] : [TellEnd.Failed],
            .. parsed.GetValue(_paused) ? (TellEnd[])[TellEnd.Paused] : [],
        ];
        if (ends.Length > 1)
            throw Bad("--done, --failed and --paused exclude each other.");

        var request = new TellRequest
        {
            Sweep = parsed.GetRequiredValue(_sweep),
            Trial = trial,
            Attempt = attempt,
            Step = parsed.GetValue(_step),
            Checkpoint = parsed.GetValue(_checkpoint) is { } folder
                ? new CheckpointFolder(Path.GetFullPath(folder, context.Surroundings.Folder), Bytes: 0)
                : null,
            End = ends.FirstOrDefault(),
            Message = parsed.GetValue(_failed),
        };
        foreach (var given in parsed.GetRequiredValue(_value))
        {
            if (given.Split('=', 2) is not [var name, var text] || ToldNumber.Parse(text) is not { } value)
                throw Bad($"--value must be NAME=NUMBER, such as loss=0.31, not '{given}'.");
            if (request.Values.ContainsKey(name))
                throw Bad($"--value names '{name}' twice.");
            request = request with { Values = request.Values.Add(name, value) };
        }

        return request;
    }

    private static RefusedException Bad(string message) => new(RefusalKind.BadInput, message);
}
