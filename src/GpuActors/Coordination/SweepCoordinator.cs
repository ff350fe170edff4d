using Akka.Actor;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Coordination;

/// <summary>
/// The shell of a sweep's ledger: turns messages into inputs, has the events that it answers with recorded, and carries out
/// its effects when they are durable, in order. It decides nothing about trials and never waits. States:
/// <list type="bullet">
/// <item>Loading: what was recorded is being replayed; messages wait.</item>
/// <item>Coordinating: until the process ends or a newer coordinator is heard of.</item>
/// </list>
/// </summary>
internal sealed partial class SweepCoordinator : ReceiveActor, IWithUnboundedStash
{
    private readonly SweepCoordinatorSettings _settings;
    private readonly StoreWriter _store;
    private readonly TimeProvider _time;
    private readonly ITimer _tick;
    private readonly LeaseClock _leases;
    private readonly WorkerRoster _workers = new();
    private readonly List<IActorRef> _waitForQuiet = [];
    private readonly IActorRef _self;
    private readonly long _begun;
    private DurableLedger _recorded = null!; // this and the next two are there from Coordinating on
    private TimeLimits _limits = null!;
    private TrialDesk _desk = null!;
    private bool _holds;
    private string? _raise;
    private string? _trouble;

    public SweepCoordinator(SweepCoordinatorSettings settings, StoreWriter store, TimeProvider time)
    {
        (_settings, _store, _time, _self) = (settings, store, time, Self);
        _begun = time.GetTimestamp();
        _leases = new LeaseClock(time, settings.Lease);
        _tick = time.CreateTimer(_ => _self.Tell(Tick.Instance), null, settings.BeatEvery, settings.BeatEvery);
        Become(Loading);
    }

    /// <summary>Messages that came before the sweep was loaded.</summary>
    public IStash Stash { get; set; } = null!; // set by Akka

    private SweepLedger Ledger => _recorded.Ledger;

    /// <summary>Makes the actor.</summary>
    public static Props Props(SweepCoordinatorSettings settings, StoreWriter store, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new SweepCoordinator(settings, store, time));

    protected override void PreStart()
    {
        _store.Troubled += OnTrouble;
        _store.Committed += OnCommit;
        var (settings, self) = (_settings, Self);
        _store.ReadAsync(store => LoadedSweep.From(store, settings.Sweep, settings.CreateLedger(), settings.Notices, settings.FindEarlier))
            .PipeTo(self, failure: failure => new Broken(failure));
    }

    protected override void PreRestart(Exception reason, object message)
    {
        _settings.Crashed(reason);
        base.PreRestart(reason, message);
    }

    protected override void PostStop()
    {
        _tick.Dispose();
        _store.Troubled -= OnTrouble;
        _store.Committed -= OnCommit;
    }

    private void Loading()
    {
        Receive<LoadedSweep>(loaded =>
        {
            (_limits, _desk) = (loaded.Limits, loaded.Desk);
            _recorded = new DurableLedger(
                loaded, _settings.Sweep, _store, _time, Decided, decision => _self.Tell(decision));
            foreach (var lease in Ledger.Leases.Where(lease => !lease.Worker.IsExternal))
                _leases.Renew(lease.Worker.Id); // its worker has this long to come back
            _settings.Notices.TryWrite(new SweepNotice.CoordinatorStarted(_store.Term, _time.GetElapsedTime(_begun)));
            Become(Coordinating);
            Stash.UnstashAll();
            Begin(loaded.Earlier);
        });
        Receive<Broken>(Break);
        Receive<Tick>(_ => { });
        ReceiveAny(_ => Stash.Stash());
    }

    private void Coordinating()
    {
        Receive<Hello>(Welcome);
        Receive<Beat>(Hear);
        Receive<Reported>(Take);
        Receive<Goodbye>(goodbye => Lose(goodbye.Worker, goodbye.Reason));
        Receive<AgentProtocol.WorkerDied>(died =>
        {
            Lose(died.Worker, died.Reason);
            Sender.Tell(new AgentProtocol.Noted(died.Worker));
        });
        Receive<Terminated>(gone =>
        {
            if (_workers.Find(gone.ActorRef) is { } link)
                Lose(link.Worker.Id, "Its process or its node is gone.");
        });

        Receive<SweepProtocol.Pause>(pause => Command(new LedgerInput.Pause(pause.Reason, pause.StopRunning)));
        Receive<SweepProtocol.Resume>(_ => Command(new LedgerInput.Resume()));
        Receive<SweepProtocol.Cancel>(cancel => Command(new LedgerInput.Cancel(cancel.Trial)));
        Receive<SweepProtocol.Ask>(ask => AtTheDesk(now => _desk.Ask(ask.Request, now), answer => new SweepProtocol.Asked(answer)));
        Receive<SweepProtocol.Tell>(tell => AtTheDesk(now => _desk.Tell(tell.Request, now), answer => new SweepProtocol.Told(answer)));
        Receive<SweepProtocol.GetStatus>(_ => Sender.Tell(Status()));
        Receive<SweepProtocol.WhenQuiet>(_ =>
        {
            _waitForQuiet.Add(Sender);
            LookForQuiet();
        });

        Receive<LedgerInput.Suggested>(Decide);
        Receive<Decision>(decision => decision.Owner == _recorded, CarryOut);
        Receive<Decision>(_ => { }); // of the life before a restart: it was replayed
        Receive<Tick>(_ => LookAtTheClock());
        Receive<Trouble>(trouble => _trouble = trouble.Reason);
        Receive<Broken>(Break);
    }

    private void Welcome(Hello hello)
    {
        if (!IsNewest(hello.SeenTerm))
            return;

        var worker = hello.Worker;
        if (hello.DataFolder != _settings.DataFolderId)
        {
            Sender.Tell(new Refuse(_store.Term, $"This worker's data folder is not the coordinator's, {_settings.DataFolder} on "
                + $"{Environment.MachineName}: give it the same one with --data, by whatever path leads there."));
            return;
        }

        if (_workers.Find(worker.Id) is not { } link || !link.Actor.Equals(Sender))
        {
            link = _workers.Add(worker, Sender, Ledger.Leases.FirstOrDefault(lease => lease.Worker.Id == worker.Id)?.Attempt);
            Context.Watch(Sender);
            _settings.Notices.TryWrite(new SweepNotice.WorkerJoined(worker));
        }

        _leases.Renew(worker.Id);
        Sender.Tell(new Welcome(_store.Term, _settings.BeatEvery));
        Reconcile(link, hello.InHand, isHello: true);
    }

    private void Hear(Beat beat)
    {
        if (!IsNewest(beat.SeenTerm) || Known(beat.Worker) is not { } link)
            return;

        Sender.Tell(new Heard(_store.Term));
        if (beat.InHand == OnTheWire(link.Holds) && beat.Progress is { } progress && link.Progress != progress)
        {
            link.Progress = progress;
            _settings.Notices.TryWrite(new SweepNotice.Progressed(link.Holds!.Value, progress));
        }

        Reconcile(link, beat.InHand, isHello: false);
    }

    /// <summary>Compares what a worker has in hand with what was decided, as the last word of either may have been lost.</summary>
    private void Reconcile(WorkerLink link, SweepAttempt? inHand, bool isHello)
    {
        if (inHand is not { } attempt)
            Decide(new LedgerInput.WorkerReady(link.Worker));
        else if (attempt.Sweep != _settings.Sweep)
            link.Actor.Tell(new Fence(_store.Term, attempt));
        else if (attempt.Attempt == link.Ended)
            return; // its end is being recorded, or the acknowledgement was lost: then the report comes again
        else if (attempt.Attempt != link.Holds || isHello)
            Decide(new LedgerInput.WorkerBusy(link.Worker, attempt.Attempt));
        else if (link.Stopping is { } stop)
            link.Actor.Tell(stop);
    }

    private void Take(Reported reported)
    {
        if (Known(reported.Worker) is not { } link)
            return;

        var attempt = reported.Attempt.Attempt;
        if (reported.Attempt.Sweep != _settings.Sweep)
        {
            Sender.Tell(new Fence(_store.Term, reported.Attempt));
            return;
        }

        if (!_store.HasRoom)
            return; // not acknowledged, so it comes again

        var step = LedgerStep.Joined(reported.Numbered().Select(each =>
            Ledger.Handle(new LedgerInput.Reported(reported.Worker, attempt, each.Sequence, each.Report))));
        if (link.Holds == attempt && step.Events.Any(each => each is SweepEvent.AttemptEnded ended && ended.Attempt == attempt))
        {
            link.Ended = attempt;
            step = LedgerStep.Joined([step, Ledger.Handle(new LedgerInput.WorkerReady(link.Worker))]); // one commit, and no word between
        }

        _recorded.Record(step);
    }

    /// <summary>The worker of that id, which has just given a sign of life; null, and it is asked, when it is not known.</summary>
    private WorkerLink? Known(string worker)
    {
        if (_workers.Find(worker) is { } link && link.Actor.Equals(Sender))
        {
            _leases.Renew(worker);
            return link;
        }

        Sender.Tell(new WhoAreYou(_store.Term));
        return null;
    }

    private void Lose(string worker, string reason)
    {
        _leases.Forget(worker);
        if (_workers.Remove(worker, out var link))
        {
            Context.Unwatch(link.Actor);
            _settings.Notices.TryWrite(new SweepNotice.WorkerLeft(link.Worker, reason));
        }

        Decide(new LedgerInput.WorkerLost(worker, reason));
        LookForQuiet();
    }

    private void Begin(SweepEvent.HistoryImported? earlier)
    {
        try
        {
            _recorded.Record(Ledger.Start(earlier));
        }
        catch (SpecException refused)
        {
            Break(new Broken(refused));
            return;
        }

        if (_limits.Reached(_time.GetUtcNow(), TimeSpan.Zero, Ledger.Spec.Limits) is { } reached)
            Hold(reached);
        else
            Decide(new LedgerInput.Resume()); // an earlier run may have ended in a pause
    }

    private void Command(LedgerInput input)
    {
        var sender = Sender;
        _recorded.Record(Ledger.Handle(input), () => sender.Tell(new SweepProtocol.Done()));
    }

    private void AtTheDesk<T>(Func<DateTimeOffset, (LedgerStep Step, T Answer)> serve, Func<T, object> message)
    {
        var sender = Sender;
        try
        {
            var (step, answer) = serve(_time.GetUtcNow());
            _recorded.Record(step, () => sender.Tell(message(answer)));
        }
        catch (RefusedException refused)
        {
            sender.Tell(new SweepProtocol.Refused(refused.Kind, refused.Message));
        }
    }

    private void Decide(LedgerInput input) => _recorded.Record(Ledger.Handle(input));

    private void Decided(RecordedEvent decided)
    {
        _limits.Apply(decided);
        _desk.Apply(decided);
        _workers.Apply(decided.Event);
        if (decided.Event is SweepEvent.TrialLeased { Lease: null } leased)
            _leases.Renew(leased.Worker);
    }

    private SweepAttempt OnTheWire(AttemptId attempt) => new(_settings.Sweep, attempt);

    private SweepAttempt? OnTheWire(AttemptId? attempt) => attempt is { } known ? OnTheWire(known) : null;

    private void LookAtTheClock()
    {
        foreach (var worker in _leases.Expired())
            Lose(worker, $"No sign of life for {_leases.Lease.TotalSeconds:0} seconds.");

        var now = _time.GetUtcNow();
        _recorded.Record(_desk.Expire(now));
        var limits = Ledger.Spec.Limits;
        var asked = Ledger.Leases.Where(lease => lease.Worker.IsExternal).Select(lease => lease.Attempt);
        var inHand = _workers.All.Select(link => link.Holds).OfType<AttemptId>().Concat(asked).ToHashSet();
        foreach (var attempt in _limits.Overdue(now, limits, inHand))
            Decide(new LedgerInput.TimedOut(attempt));
        if (!_holds && _limits.Reached(now, _time.GetElapsedTime(_begun), limits, inHand) is { } reached)
            Hold(reached);
    }

    /// <summary>Pauses at a limit. The process may end when all is quiet.</summary>
    private void Hold(LimitReached reached)
    {
        (_holds, _raise) = (true, reached.Raise);
        Decide(new LedgerInput.Pause(reached.Reason, StopRunning: Ledger.Spec.Limits.AtLimit == AtLimit.Stop, AtLimit: true));
        LookForQuiet();
    }

    /// <summary>Quiet: no worker that can be reached holds an attempt, and all that was decided is durable and carried out.</summary>
    private void LookForQuiet()
    {
        if (!_recorded.IsSettled || _workers.All.Any(link => link.Holds is not null))
            return;

        foreach (var asker in _waitForQuiet)
            asker.Tell(new SweepProtocol.Done());
        _waitForQuiet.Clear();
        if (_holds && Ledger.Paused is { } reason && !Ledger.Leases.Any(IsWaitedFor))
            _settings.Ended(new SweepOutcome(reason, IsComplete: false) { Raise = _raise });
    }

    /// <summary>After a restart workers may still claim theirs. Who asked for his keeps it, and is waited for only where what runs
    /// should come to its end.</summary>
    private bool IsWaitedFor(Lease lease) => !lease.Worker.IsExternal || Ledger.Spec.Limits.AtLimit == AtLimit.Drain;

    private SweepProtocol.Status Status() => new(
        _settings.Sweep,
        _store.Term,
        Ledger.Counts,
        [.. _workers.All.Select(link => new WorkerStatus(link.Worker, link.Holds, link.Progress))],
        _recorded.LastDurable,
        _trouble);

    private bool IsNewest(long seenTerm)
    {
        if (seenTerm <= _store.Term)
            return true;
        Break(new Broken(new StoreException(
            $"A newer coordinator (term {seenTerm}; this one has {_store.Term}) has taken over the sweep.")));
        return false;
    }

    private void Break(Broken broken)
    {
        _settings.Failed(broken.Failure);
        Context.Stop(Self);
    }

    private void OnTrouble(string? reason)
    {
        _settings.Notices.TryWrite(new SweepNotice.StoreTroubled(reason));
        _self.Tell(new Trouble(reason));
    }

    private void OnCommit(int events, TimeSpan elapsed) => _settings.Notices.TryWrite(new SweepNotice.Committed(events, elapsed));

    private sealed record Broken(Exception Failure);

    private sealed record Trouble(string? Reason);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }
}
