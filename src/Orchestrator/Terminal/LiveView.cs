using Experiments.Storage;
using Experiments.Trials;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orchestrator.Terminal;

/// <summary>One picture on a terminal, redrawn in place four times a second.</summary>
internal sealed class LiveView : ISweepView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private readonly Lock _lock = new();
    private readonly SweepProgress _progress = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly Task _drawing;

    public LiveView(IAnsiConsole console, TimeProvider time)
    {
        (_console, _time) = (console, time);
        _drawing = Task.Run(DrawUntilStopped);
    }

    public void Apply(RecordedEvent recorded, bool live)
    {
        lock (_lock)
            _progress.Apply(recorded, live);
    }

    public void Tick(AttemptId attempt, int step, int steps, string phase)
    {
        lock (_lock)
            _progress.Tick(attempt, step, steps, phase);
    }

    public void Trouble(string? reason)
    {
        lock (_lock)
            _progress.Trouble = reason;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _drawing;
        _stop.Dispose();
    }

    private Task DrawUntilStopped() => _console.Live(Picture()).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(async display =>
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            do
                display.UpdateTarget(Picture());
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The view was closed: what it showed is cleared, and the answer follows.
        }
    });

    private IRenderable Picture()
    {
        lock (_lock)
            return SweepScreen.Draw(_progress, _time.GetUtcNow(), _console.Profile.Width);
    }
}
