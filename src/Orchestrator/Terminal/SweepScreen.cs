using Experiments.Sweeps;
using Experiments.Trials;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Terminal;

/// <summary>Draws a sweep's progress as one picture of a given width. Narrow terminals lose columns from the right.</summary>
internal static class SweepScreen
{
    /// <summary>The picture for a moment in time.</summary>
    public static IRenderable Draw(SweepProgress progress, DateTimeOffset now, int width)
    {
        var parts = new List<IRenderable> { Heading(progress, now, width), Bar(progress, now, width), Counts(progress), Text.Empty };
        if (progress.Running.Any())
            parts.AddRange([Devices(progress, width), Text.Empty]);
        if (Leaderboard(progress, width) is { } board)
            parts.AddRange([board, Text.Empty]);
        if (progress.LastFailure is { } failure)
            parts.Add(new Text($"{failure.Id} failed, {Word(failure.Cause)}: {failure.Message}",
                Style.Parse("red")).Overflow(Overflow.Ellipsis));
        if (progress.Warning is { } warning)
            parts.Add(new Text(warning, Style.Parse("yellow")));
        if (progress.Trouble is { } trouble)
            parts.Add(new Text($"Nothing can be recorded: {trouble}", Style.Parse("red")));
        parts.Add(new Text("Ctrl-C once: save and stop; the same command goes on", Style.Parse("grey")));
        return new Rows(parts);
    }

    private static Text Heading(SweepProgress progress, DateTimeOffset now, int width)
    {
        if (progress.Spec is not { } spec)
            return new Text("starting");
        var methods = spec.Tasks.SelectMany(block => block.Methods).Select(entry => entry.Name).Distinct().Count();
        var shape = $"{spec.Name}  {Plural(spec.Tasks.Count, "task")} · {Plural(methods, "method")} · {Plural(spec.Seeds.Count, "seed")}";
        var clock = progress.WatchingSince is { } since ? Duration(now - since) : "";
        return new Text(shape.PadRight(Math.Max(shape.Length + 1, width - clock.Length)) + clock, Style.Parse("bold"))
            .Overflow(Overflow.Ellipsis);
    }

    private static Text Bar(SweepProgress progress, DateTimeOffset now, int width)
    {
        var share = progress.Total == 0 ? 0 : (double)progress.Ended / progress.Total;
        var left = progress.TimeLeft(now) is { } time ? $"left ~{Duration(time)}" : "left —";
        return new Text($"{Blocks(share, Math.Clamp(width - 40, 10, 40))} {share,4:0 %}  {progress.Ended} of {progress.Total}  {left}");
    }

    private static Text Counts(SweepProgress progress)
    {
        (string Word, TrialState[] States)[] kinds =
        [
            ("running", [TrialState.Assigned, TrialState.Running]), ("waiting", [TrialState.Waiting]), ("paused", [TrialState.Paused]),
            ("resting", [TrialState.Resting]),
            ("completed", [TrialState.Completed]), ("pruned", [TrialState.Pruned]), ("failed", [TrialState.Failed, TrialState.Invalid]),
            ("cancelled", [TrialState.Cancelled]),
        ];
        string[] always = ["running", "waiting", "completed"];
        return new Text(string.Join("  ", kinds
            .Select(kind => (kind.Word, Count: progress.Count(kind.States)))
            .Where(kind => kind.Count > 0 || always.Contains(kind.Word))
            .Select(kind => $"{kind.Word} {kind.Count}")));
    }

    private static Table Devices(SweepProgress progress, int width) => Draw(
        width,
        progress.Running,
        [
            new("device", 0, trial => trial.Device ?? ""),
            new("trial", 0, trial => trial.Id.ToString()),
            new("task", 70, trial => Names(progress, trial).Task),
            new("method", 0, trial => Names(progress, trial).Method),
            new("step", 0, trial => trial.Steps > 0 ? $"{trial.Step}/{trial.Steps}" : trial.Phase),
            new("", 80, trial => trial.Steps > 0 ? Blocks((double)trial.Step / trial.Steps, 8) : ""),
            new("loss", 60, trial => trial.Latest.TryGetValue("train_loss", out var loss) ? $"{loss:0.000}" : ""),
            new("node", 100, trial => trial.Node ?? ""),
        ]);

    private static Table? Leaderboard(SweepProgress progress, int width)
    {
        var leaders = (progress.Spec?.Tasks ?? [])
            .SelectMany((block, index) => progress.Leaders(index).Take(3).Select(leader => (Block: block, Leader: leader)))
            .ToList();
        return leaders.Count == 0 ? null : Draw(
            width,
            leaders,
            [
                new("task", 0, row => row.Block.Task),
                new("best so far", 0, row => row.Leader.Entry),
                new("validation", 0, row =>
                    $"{row.Block.Metric} {row.Leader.Mean:0.000}" + (row.Leader.Violation > 0 ? ", infeasible" : "")),
                new("n", 0, row => $"{row.Leader.Seeds}"),
                new("configuration", 80, row => Spell(row.Leader.Configuration)),
            ]);
    }

    private static string Spell(Configuration configuration) =>
        string.Join(" · ", configuration.Values.Select(pair => $"{pair.Key} {pair.Value}"));

    private static Table Draw<T>(int width, IEnumerable<T> rows, IReadOnlyList<Column<T>> columns)
    {
        var table = new Table().NoBorder();
        var shown = columns.Where(column => width >= column.FromWidth).ToList();
        foreach (var column in shown)
            table.AddColumn(new TableColumn(new Text(column.Header, Style.Parse("grey"))).NoWrap());
        foreach (var row in rows)
            table.AddRow([.. shown.Select(column => new Text(column.Cell(row)).Overflow(Overflow.Ellipsis))]);
        return table;
    }

    /// <summary>A column, the terminal's width from which it is shown, and its text for a row.</summary>
    private sealed record Column<T>(string Header, int FromWidth, Func<T, string> Cell);

    /// <summary>Task and method of a training, or what a preparation prepares.</summary>
    public static (string Task, string Method) Names(SweepProgress progress, TrialProgress trial) => trial.Work switch
    {
        TrialWork.Train train => (progress.Spec?.Tasks[train.Block].Task ?? "", train.Entry),
        TrialWork.Prepare prepare => ("prepare", prepare.Preparation),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Minutes and seconds, or hours and minutes: <c>1:20</c>, <c>2 h 05 m</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours} h {time.Minutes:00} m"
        : $"{(int)time.TotalMinutes}:{time.Seconds:00}";

    private static string Word(FailureCause? cause) => cause?.ToString().ToLowerInvariant() ?? "error";

    private static string Plural(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";

    private static string Blocks(double share, int width)
    {
        const string Eighths = " ▏▎▍▌▋▊▉";
        var eighths = (int)Math.Round(Math.Clamp(share, 0, 1) * width * 8);
        var (full, part) = Math.DivRem(eighths, 8);
        var bar = new string('█', full) + (part > 0 ? Eighths[part] : "");
        return bar + new string('─', width - bar.Length);
    }
}
