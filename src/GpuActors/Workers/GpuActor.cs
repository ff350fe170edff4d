using Akka.Actor;
using Akka.Event;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Workers;

/// <summary>
/// Owns one device and works on at most one attempt. The work runs on the <see cref="Workbench"/>'s thread, so the mailbox
/// never waits for it. States:
/// <list type="bullet">
/// <item>Joining: no coordinator has welcomed it yet, or none was heard of for a while; an attempt in hand goes on.</item>
/// <item>Idle: known to the coordinator, without work.</item>
/// <item>Training: an attempt is in hand, until its end is recorded. Preparations count as attempts.</item>
/// <item>Leaving: lets the attempt save, sees its last reports recorded, and goes.</item>
/// </list>
/// </summary>
internal sealed class GpuActor : ReceiveActor
{
    private readonly GpuActorSettings _settings;
    private readonly Workbench _bench;
    private readonly IActorRef _coordinator;
    private readonly ITimer _beat;
    private readonly ITimer _startDue;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private TimeSpan _beatEvery;
    private long _sent;
    private long _acknowledgedAtBeat;
    private int _stalledBeats;
    private int _unansweredBeats;
    private bool _startWaits;
    private string? _leaving;

    public GpuActor(GpuActorSettings settings, Workbench bench, IActorRef coordinator, TimeProvider time)
    {
        (_settings, _bench, _coordinator, _beatEvery) = (settings, bench, coordinator, settings.HelloEvery);
        var self = Self;
        _beat = time.CreateTimer(_ => self.Tell(Tick.Instance), null, TimeSpan.Zero, _beatEvery);
        _startDue = time.CreateTimer(_ => self.Tell(StartDue.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Become(Joining);
    }

    /// <summary>Makes the actor.</summary>
    /// <param name="settings">Who it is.</param>
    /// <param name="bench">The work, which outlives the actor.</param>
    /// <param name="coordinator">Where the coordinator is reached, wherever it lives.</param>
    /// <param name="time">The clock of beats.</param>
    public static Props Props(GpuActorSettings settings, Workbench bench, IActorRef coordinator, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new GpuActor(settings, bench, coordinator, time));

    protected override void PreStart() => Attach();

    protected override void PostStop()
    {
        _beat.Dispose();
        _startDue.Dispose();
    }

    private void Joining()
    {
        Receive<Tick>(_ => _coordinator.Tell(new Hello(_settings.Worker, _bench.SeenTerm, _bench.InHand?.Id, _settings.DataFolder())));
        Receive<Welcome>(welcome => Newest(welcome.Term), welcome =>
        {
            _log.Info("{Worker} joined the coordinator of term {Term}", _settings.Worker.Id, welcome.Term);
            (_sent, _unansweredBeats) = (_bench.InHand?.Outbox.Acknowledged ?? 0, 0);
            _beatEvery = welcome.BeatEvery;
            _beat.Change(_beatEvery, _beatEvery);
            Settle();
            SendReports();
        });
        Receive<Refuse>(refuse => Newest(refuse.Term), refuse => _settings.Refused(refuse.Reason));
        Receive<WorkChanged>(_ => PutAwayIfFenced());
        Orders();
    }

    private void Idle()
    {
        Beats();
        Receive<Assign>(assign => Newest(assign.Term), assign => Begin(assign.Assignment));
        Receive<WorkChanged>(_ => { });
        Orders();
    }

    private void Training()
    {
        Beats();
        Receive<Assign>(assign => Newest(assign.Term), assign =>
        {
            PutAwayFor(assign.Assignment);
            if (_leaving is null)
                Begin(assign.Assignment);
        });
        Receive<WorkChanged>(_ =>
        {
            PutAwayIfFenced();
            SendReports();
        });
        Orders();
    }

    private void Leaving()
    {
        Beats();
        Receive<WorkChanged>(_ =>
        {
            PutAwayIfFenced();
            SendReports();
        });
        Orders();
    }

    /// <summary>What is understood in every state: answers and orders. Those of an older term, or about work that is no longer in
    /// hand, are left unhandled.</summary>
    private void Orders()
    {
        Receive<Heard>(heard => Newest(heard.Term), _ => _unansweredBeats = 0);
        Receive<WhoAreYou>(who => Newest(who.Term), _ => Rejoin());
        Receive<Assign>(assign => Newest(assign.Term), assign => PutAwayFor(assign.Assignment));
        Receive<Acknowledge>(ack => Newest(ack.Term) && ack.Attempt == _bench.InHand?.Id, ack =>
        {
            _bench.InHand!.Outbox.Acknowledge(ack.Sequence);
            SendReports();
            PutAwayIfRecorded();
        });
        Receive<Resend>(resend => Newest(resend.Term) && resend.Attempt == _bench.InHand?.Id, resend =>
        {
            _sent = resend.From - 1;
            SendReports();
        });
        Receive<Fence>(fence => Newest(fence.Term) && fence.Attempt == _bench.InHand?.Id, fence =>
        {
            _log.Warning("{Attempt} was fenced: another attempt is newer", fence.Attempt);
            _bench.InHand!.Fence();
            PutAwayIfFenced();
        });
        Receive<WorkerProtocol.Stop>(stop => Newest(stop.Term) && stop.Attempt == _bench.InHand?.Id, stop =>
        {
            if (stop.Save)
                _bench.InHand!.StopAndSave();
            else
                _bench.InHand!.StopNow();
        });
        Receive<Leave>(leave => Go(leave.Reason));
        Receive<StartDue>(_ =>
        {
            _startWaits = false;
            SendReports();
        });
    }

    private void Beats() => Receive<Tick>(_ =>
    {
        if (++_unansweredBeats > _settings.BeatsUntilLost)
        {
            Rejoin();
            return;
        }

        _coordinator.Tell(new Beat(_settings.Worker.Id, _bench.SeenTerm, _bench.InHand?.Id, _bench.InHand?.Progress));
        SendAgainWhatWasLost();
        SendReports();
    });

    /// <summary>Reports that stay unacknowledged over a few beats were lost on the way, or their acknowledgement was.</summary>
    private void SendAgainWhatWasLost()
    {
        var acknowledged = _bench.InHand?.Outbox.Acknowledged ?? 0;
        _stalledBeats = acknowledged == _acknowledgedAtBeat && _sent > acknowledged ? _stalledBeats + 1 : 0;
        _acknowledgedAtBeat = acknowledged;
        if (_stalledBeats < _settings.BeatsUntilResent)
            return;
        (_sent, _stalledBeats) = (acknowledged, 0);
    }

    private bool Newest(long term) => _bench.Hear(term);

    private void Begin(Assignment assignment)
    {
        var id = IdOf(assignment);
        if (_bench.InHand is null && _bench.Last != id)
        {
            _log.Info("{Worker} begins {Attempt}", _settings.Worker.Id, id);
            (_sent, _startWaits) = (0, true);
            _startDue.Change(_settings.StartWithin, Timeout.InfiniteTimeSpan);
            _bench.Begin(assignment);
            Attach();
            Become(Training);
        }
        else if (_bench.InHand?.Id != id)
        {
            // The coordinator is mistaken about what is in hand: the beat tells it.
            _coordinator.Tell(new Beat(_settings.Worker.Id, _bench.SeenTerm, _bench.InHand?.Id, null));
        }
    }

    private void Attach()
    {
        var self = Self;
        _bench.InHand?.Notify(() => self.Tell(WorkChanged.Instance));
    }

    /// <summary>Sends what has not been sent, but never more than a window beyond what is recorded. A start waits a moment for what
    /// comes after it: a program that ends at once costs one message and one commit then instead of three.</summary>
    private void SendReports()
    {
        if (_bench.InHand is not { } run || (_startWaits && !run.Over && run.Outbox.Last < _settings.Window))
            return;
        _sent = Math.Max(_sent, run.Outbox.Acknowledged);
        var room = _settings.Window - (int)(_sent - run.Outbox.Acknowledged);
        var unsent = run.Outbox.After(_sent, room).Select(each => each.Report);
        foreach (var reports in ReportGroups.Of(unsent))
        {
            EquatableArray<Report>? then = reports.Length > 1 ? new(reports[1..]) : null;
            _coordinator.Tell(new Reported(_settings.Worker.Id, run.Id, _sent + 1, reports[0], then));
            _sent += reports.Length;
        }
    }

    /// <summary>A new attempt for a worker whose last one is over means that its end is recorded.</summary>
    private void PutAwayFor(Assignment next)
    {
        if (_bench.InHand is not { Over: true } run || IdOf(next) == run.Id)
            return;
        run.Outbox.Acknowledge(run.Outbox.Last);
        PutAwayIfRecorded();
    }

    private void PutAwayIfRecorded()
    {
        if (_bench.InHand is not { Over: true } run || run.Outbox.Acknowledged < run.Outbox.Last)
            return;
        _bench.Clear();
        if (run.DeviceLost is { } reason)
        {
            _settings.DeviceLost(reason);
            Go(reason);
        }
        else
        {
            Settle();
        }
    }

    /// <summary>A fenced attempt is put away when its thread is done with it. The coordinator does not know that the worker
    /// is free then, so it is told anew.</summary>
    private void PutAwayIfFenced()
    {
        if (_bench.InHand is not { Fenced: true, Over: true })
            return;
        _bench.Clear();
        if (_leaving is null)
            Rejoin();
        else
            Settle();
    }

    private void Settle()
    {
        if (_leaving is not null && _bench.InHand is null)
            Depart();
        else if (_leaving is not null)
            Become(Leaving);
        else if (_bench.InHand is null)
            Become(Idle);
        else
            Become(Training);
    }

    private void Rejoin()
    {
        _beat.Change(TimeSpan.Zero, _settings.HelloEvery);
        Become(Joining);
    }

    private void Go(string reason)
    {
        _leaving = reason;
        _bench.InHand?.StopAndSave();
        if (_bench.InHand is null)
            Depart();
        else
            Become(Leaving);
    }

    private void Depart()
    {
        _coordinator.Tell(new Goodbye(_settings.Worker.Id, _leaving!));
        Context.Stop(Self);
    }

    private static SweepAttempt IdOf(Assignment assignment) => new(assignment.Sweep, assignment.Attempt);

    /// <summary>Asks the actor to let its attempt save, to see that recorded, and to stop.</summary>
    public sealed record Leave(string Reason);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }

    private sealed record StartDue
    {
        public static StartDue Instance { get; } = new();
    }

    private sealed record WorkChanged
    {
        public static WorkChanged Instance { get; } = new();
    }
}

/// <summary>Who a worker is and how it talks.</summary>
internal sealed record GpuActorSettings
{
    /// <summary>Who it is.</summary>
    public required WorkerInfo Worker { get; init; }

    /// <summary>Gives the mark of its data folder, which the coordinator may make only later.</summary>
    public required Func<string> DataFolder { get; init; }

    /// <summary>Is told why the coordinator does not take it: the process should end.</summary>
    public Action<string> Refused { get; init; } = _ => { };

    /// <summary>Is told, once it is recorded, that an attempt lost its device: the process should end.</summary>
    public Action<string> DeviceLost { get; init; } = _ => { };

    /// <summary>How often it looks for a coordinator while it has none.</summary>
    public TimeSpan HelloEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the start of an attempt may wait for what comes with it.</summary>
    public TimeSpan StartWithin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Beats without an answer after which it looks for the coordinator again.</summary>
    public int BeatsUntilLost { get; init; } = 5;

    /// <summary>Beats without an acknowledgement after which reports are sent again.</summary>
    public int BeatsUntilResent { get; init; } = 3;

    /// <summary>Reports that may be under way at once.</summary>
    public int Window { get; init; } = 64;
}
