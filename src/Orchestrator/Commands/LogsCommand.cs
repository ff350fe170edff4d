using System.CommandLine;
using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Commands;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator logs SWEEP TRIAL</c>: what the program of a trial has written, each stream on the same one here.</summary>
internal sealed class LogsCommand : Command, IExemplified
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    private readonly Argument<string> _sweep = SweepArgument.Create();
    private readonly Argument<string> _trial = TrialArgument.Create();
    private readonly Option<int?> _attempt = new("--attempt") { HelpName = "N", Description = "An earlier attempt; else the newest." };
    private readonly Option<bool> _follow = new("--follow") { Description = "Go on until the attempt is over." };

    public LogsCommand(CommandContext context) : base("logs", "Show what the program of a trial has written.")
    {
        Add(_sweep);
        Add(_trial);
        Add(_attempt);
        Add(_follow);
        SetAction(async (parsed, cancel) =>
        {
            var sweep = await context.ReadSweep(parsed, parsed.GetRequiredValue(_sweep), cancel);
            var attempt = Find(sweep, parsed.GetRequiredValue(_trial), parsed.GetValue(_attempt));
            var data = context.Settings(parsed).Data;
            var (output, error) = (context.Surroundings.Output, context.Surroundings.Error);
            var standard = AttemptOutput.Standard(data, sweep.Summary.Name, attempt);
            var errors = AttemptOutput.Error(data, sweep.Summary.Name, attempt);

            var isOver = !parsed.GetValue(_follow);
            var any = standard.ReadOn(output) | errors.ReadOn(error);
            while (!isOver)
            {
                isOver = !IsRunning(await context.ReadSweep(parsed, sweep.Summary.Name, cancel), attempt);
                any |= standard.ReadOn(output) | errors.ReadOn(error); // after the question, so that the last words are not missed
                if (!isOver)
                    await Task.Delay(_look, context.Surroundings.Time, cancel);
            }

            if (!any)
                context.Output(parsed).Note($"{attempt} has written nothing.");
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("logs tune t12", "its newest attempt"),
        ("logs tune t12 --attempt 1", "the one before"),
        ("logs @last t12 --follow", "what it writes from now on, too"),
    ];

    /// <exception cref="NoSuchThingException">When there is no such attempt, or it ran no program.</exception>
    private static AttemptId Find(SweepSnapshot sweep, string given, int? attempt)
    {
        var row = TrialArgument.Find(sweep.Summary.Name, sweep.Trials, given);
        if (row.Work is not TrialWork.Train train || sweep.Spec.Tasks[train.Block].Command is null)
            throw new NoSuchThingException($"{row.Trial} runs no program, so it has written nothing of its own.");
        if (row.Attempt == 0)
            throw new NoSuchThingException($"{row.Trial} has not begun yet.");
        return attempt is null or > 0 && (attempt ?? 1) <= row.Attempt
            ? new AttemptId(row.Trial, attempt ?? row.Attempt)
            : throw new NoSuchThingException($"{row.Trial} has no attempt {attempt}; its newest is {row.Attempt}.");
    }

    private static bool IsRunning(SweepSnapshot sweep, AttemptId attempt) => sweep.Trials.Any(trial =>
        trial.Trial == attempt.Trial && trial.Attempt == attempt.Number && trial.State is TrialState.Assigned or TrialState.Running);
}
