using System.Threading.Channels;
using GpuActors.Coordination;
using Orchestrator.Observability;
using Orchestrator.Terminal;

namespace Orchestrator.Running;

/// <summary>Takes what the coordinator lets know to the view and to the log, off the coordinator's threads.</summary>
internal sealed class SweepWatch : IAsyncDisposable
{
    private readonly Channel<SweepNotice> _notices = Channel.CreateUnbounded<SweepNotice>(new() { SingleReader = true });
    private readonly Task _reading;

    public SweepWatch(string sweep, ISweepView view, EventLog log, TimeProvider time)
    {
        _reading = Task.Run(async () =>
        {
            await foreach (var notice in _notices.Reader.ReadAllAsync())
            {
                log.Write(sweep, notice, time.GetUtcNow());
                switch (notice)
                {
                    case SweepNotice.Recorded recorded: view.Apply(recorded.Event, recorded.Live); break;
                    case SweepNotice.Progressed progressed:
                        view.Tick(progressed.Attempt, progressed.Progress.Step, progressed.Progress.Steps, progressed.Progress.Phase);
                        break;
                    case SweepNotice.StoreTroubled troubled: view.Trouble(troubled.Reason); break;
                }
            }
        });
    }

    /// <summary>Where the coordinator writes.</summary>
    public ChannelWriter<SweepNotice> Notices => _notices.Writer;

    /// <summary>Ends when everything that was written has been shown and logged.</summary>
    public async ValueTask DisposeAsync()
    {
        _notices.Writer.TryComplete();
        await _reading;
    }
}
