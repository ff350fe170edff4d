using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using Experiments.Trials;
using GpuActors.Protocol;
using GpuActors.Tests.Doubles;
using GpuActors.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Workers;

public sealed partial class GpuActorTests : TestKit
{
    private const long Term = 3;
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);
    private static readonly WorkerInfo Worker = new("w1", "cpu:0", "here");
    private static readonly SweepAttempt First = new("s", new AttemptId(new TrialId(1), 1));
    private static readonly SweepAttempt Second = new("s", new AttemptId(new TrialId(2), 1));

    private readonly ManualTime _time = new();
    private readonly ManualTrialRunner _runner = new();
    private readonly Workbench _bench;
    private readonly TestProbe _coordinator;
    private string? _deviceLost;
    private string? _refused;

    public GpuActorTests() : base("akka { loglevel = WARNING, actor.serialize-messages = off }")
    {
        _bench = new Workbench(_runner, _time, NullLogger.Instance);
        _coordinator = CreateTestProbe();
    }

    [Fact]
    public async Task Says_hello_until_it_is_welcomed()
    {
        var worker = Start();
        await Expect(new Hello(Worker, 0, null, "folder"));
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await Expect(new Hello(Worker, 0, null, "folder"));

        worker.Tell(new Welcome(Term, BeatEvery));
        await BeatAsync(worker);

        await Expect(new Beat("w1", Term, null, null));
    }

    [Fact]
    public async Task Reports_in_order_and_is_free_when_the_end_is_recorded()
    {
        var worker = await JoinAsync();

        worker.Tell(new Assign(Term, Of(First)));
        var attempt = await _runner.BegunAsync();
        attempt.Start();
        attempt.Measure(1, 0.5);
        attempt.Save(1);
        attempt.Finish();

        var reports = await ReportsAsync(4);
        Assert.Equal([1, 2, 3, 4], reports.Select(report => report.Sequence));
        Assert.Collection(
            reports,
            report => Assert.Equal(new Report.Started(Environment.ProcessId, 0), report.Report),
            report => Assert.Equal(0.5, Assert.IsType<Report.Measured>(report.Report).Values["train_loss"]),
            report => Assert.Equal(1, Assert.IsType<Report.Saved>(report.Report).Step),
            report => Assert.IsType<AttemptOutcome.Finished>(Assert.IsType<Report.Ended>(report.Report).Outcome));

        worker.Tell(new Acknowledge(Term, First, 4));
        worker.Tell(new Assign(Term, Of(Second)));
        Assert.Equal(Second.Attempt, (await _runner.BegunAsync()).Assignment.Attempt);
    }

    [Fact]
    public async Task A_start_waits_a_moment_for_what_comes_with_it()
    {
        var worker = await JoinAsync(settings => settings with { StartWithin = TimeSpan.FromSeconds(1.5) });
        worker.Tell(new Assign(Term, Of(First)));
        (await _runner.BegunAsync()).Start();

        await BeatAsync(worker);
        await _coordinator.ExpectMsgAsync<Beat>(); // before any report
        Assert.False(_coordinator.HasMessages);
        _time.Advance(TimeSpan.FromSeconds(0.5));

        Assert.IsType<Report.Started>(Assert.Single(await ReportsAsync(1)).Report);
    }

    [Fact]
    public async Task Holds_the_attempt_in_hand_until_its_end_is_recorded()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Finish());
        await ReportsAsync(2);

        await BeatAsync(worker);

        Assert.Equal(First, (await _coordinator.ExpectMsgAsync<Beat>()).InHand);
    }

    [Fact]
    public async Task Sends_again_what_was_not_acknowledged_for_a_while()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Finish());
        var sent = await ReportsAsync(2);

        var again = new List<Reported>();
        for (var beat = 0; again.Count < 2; beat++)
        {
            Assert.True(beat < 10, "The reports did not come again.");
            worker.Tell(new Heard(Term));
            await BeatAsync(worker);
            await _coordinator.ExpectMsgAsync<Beat>();
            while (_coordinator.HasMessages)
                again.AddRange(Singly(await _coordinator.ExpectMsgAsync<Reported>()));
        }

        Assert.Equal(sent, again);
    }

    [Fact]
    public async Task Sends_again_from_where_the_coordinator_says()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Measure(1, 0.5));
        await ReportsAsync(2);

        worker.Tell(new Resend(Term, First, 2));

        Assert.Equal(2, (await _coordinator.ExpectMsgAsync<Reported>()).Sequence);
    }

    [Fact]
    public async Task Keeps_only_a_window_of_reports_under_way()
    {
        var worker = await JoinAsync(settings => settings with { Window = 2 });
        await BeginAsync(worker, First, attempt =>
        {
            attempt.Measure(1, 0.3);
            attempt.Measure(2, 0.2);
        });
        await ReportsAsync(2);

        await BeatAsync(worker);
        await _coordinator.ExpectMsgAsync<Beat>(); // and not the third report before it
        worker.Tell(new Acknowledge(Term, First, 1));

        Assert.Equal(3, (await _coordinator.ExpectMsgAsync<Reported>()).Sequence);
    }

    [Fact]
    public async Task Does_not_begin_twice_what_is_assigned_twice()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Finish());
        worker.Tell(new Assign(Term, Of(First)));
        await ReportsAsync(2);
        worker.Tell(new Acknowledge(Term, First, 2));
        worker.Tell(new Assign(Term, Of(First)));

        worker.Tell(new Assign(Term, Of(Second)));

        Assert.Equal(Second.Attempt, (await _runner.BegunAsync()).Assignment.Attempt);
    }

    [Fact]
    public async Task Answers_an_assignment_it_cannot_take_with_what_it_has_in_hand()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        worker.Tell(new Assign(Term, Of(Second)));

        Assert.Equal(First, (await _coordinator.ExpectMsgAsync<Beat>()).InHand);
    }

    [Fact]
    public async Task Ignores_the_orders_of_an_older_coordinator()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        worker.Tell(new Fence(Term - 1, First));
        worker.Tell(new Acknowledge(Term - 1, First, 1));
        worker.Tell(new Resend(Term, First, 1));

        Assert.Equal(1, (await _coordinator.ExpectMsgAsync<Reported>()).Sequence);
    }

    [Fact]
    public async Task A_fenced_attempt_stops_at_once_and_says_nothing_more()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        worker.Tell(new Fence(Term, First));
        await attempt.Stopped;

        await Expect(new Hello(Worker, Term, null, "folder"));
    }

    [Fact]
    public async Task Saves_and_reports_a_pause_when_told_to_stop()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        worker.Tell(new WorkerProtocol.Stop(Term, First, Save: true));
        await attempt.SaveWished;
        attempt.Save(7);
        attempt.Pause();

        var reports = await ReportsAsync(2);
        Assert.Equal(7, Assert.IsType<Report.Saved>(reports[0].Report).Step);
        Assert.Equal(new AttemptOutcome.Paused(7), Assert.IsType<Report.Ended>(reports[1].Report).Outcome);
    }

    [Fact]
    public async Task An_attempt_stopped_without_saving_pauses_at_its_newest_checkpoint()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, attempt => attempt.Save(5));
        await ReportsAsync(2);

        worker.Tell(new WorkerProtocol.Stop(Term, First, Save: false));
        await attempt.Stopped;

        var ended = Assert.IsType<Report.Ended>((await _coordinator.ExpectMsgAsync<Reported>()).Report);
        Assert.Equal(new AttemptOutcome.Paused(5), ended.Outcome);
    }

    [Fact]
    public async Task Works_on_without_a_coordinator_and_tells_the_next_one_what_it_has_in_hand()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        for (var beat = 0; beat <= 6; beat++)
            await BeatAsync(worker);
        await _coordinator.FishForMessageAsync<Hello>(hello => hello.InHand == First);
        attempt.Measure(1, 0.25);
        worker.Tell(new Welcome(Term + 1, BeatEvery));

        var reports = Singly(await _coordinator.FishForMessageAsync<Reported>(_ => true)).ToList();
        if (reports.Count == 1)
            reports.AddRange(await ReportsAsync(1));
        Assert.Equal([1, 2], reports.Select(report => report.Sequence));
        Assert.IsType<Report.Measured>(reports[1].Report);
    }

    [Fact]
    public async Task Introduces_itself_to_a_coordinator_that_does_not_know_it()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);

        worker.Tell(new WhoAreYou(Term + 1));

        await Expect(new Hello(Worker, Term + 1, First, "folder"));
    }

    [Fact]
    public async Task An_attempt_outlives_the_actor_that_began_it()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);
        await worker.GracefulStop(RemainingOrDefault);

        attempt.Finish();
        var heir = Start();
        await _coordinator.FishForMessageAsync<Hello>(hello => hello.InHand == First);
        heir.Tell(new Welcome(Term, BeatEvery));

        var reports = await ReportsAsync(2);
        Assert.IsType<Report.Ended>(reports[1].Report);
    }

    [Fact]
    public async Task Leaves_after_its_attempt_has_saved_and_that_is_recorded()
    {
        var worker = await JoinAsync();
        var attempt = await BeginAsync(worker, First, _ => { });
        await ReportsAsync(1);
        Watch(worker);

        worker.Tell(new GpuActor.Leave("told to"));
        await attempt.SaveWished;
        attempt.Pause();
        await ReportsAsync(1);
        worker.Tell(new Acknowledge(Term, First, 2));

        await Expect(new Goodbye("w1", "told to"));
        await ExpectTerminatedAsync(worker);
    }

    [Fact]
    public async Task A_lost_device_is_reported_and_the_worker_leaves()
    {
        var worker = await JoinAsync();
        await BeginAsync(worker, First, attempt => attempt.Throw(new TorchFailure("CUDA error: unspecified launch failure")));
        var ended = Assert.IsType<Report.Ended>((await ReportsAsync(2))[1].Report);

        worker.Tell(new Acknowledge(Term, First, 2));
        await _coordinator.ExpectMsgAsync<Goodbye>();

        Assert.Equal(FailureCause.Lost, Assert.IsType<AttemptOutcome.Failed>(ended.Outcome).Cause);
        Assert.Contains("launch failure", _deviceLost, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_told_why_a_coordinator_does_not_take_it()
    {
        var worker = Start();
        await Expect(new Hello(Worker, 0, null, "folder"));

        worker.Tell(new Refuse(Term, "Another data folder."));
        await AwaitAssertAsync(() => Assert.Equal("Another data folder.", Volatile.Read(ref _refused)));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _bench.Dispose();
    }

    private IActorRef Start(Func<GpuActorSettings, GpuActorSettings>? change = null)
    {
        var settings = new GpuActorSettings
        {
            Worker = Worker,
            DataFolder = () => "folder",
            Refused = reason => _refused = reason,
            DeviceLost = reason => _deviceLost = reason,
            StartWithin = TimeSpan.Zero,
        };
        return Sys.ActorOf(GpuActor.Props(change?.Invoke(settings) ?? settings, _bench, _coordinator, _time));
    }

    private async Task<IActorRef> JoinAsync(Func<GpuActorSettings, GpuActorSettings>? change = null)
    {
        var worker = Start(change);
        await _coordinator.ExpectMsgAsync<Hello>();
        worker.Tell(new Welcome(Term, BeatEvery));
        return worker;
    }

    private async Task<ManualAttempt> BeginAsync(IActorRef worker, SweepAttempt id, Action<ManualAttempt> script)
    {
        worker.Tell(new Assign(Term, Of(id)));
        var attempt = await _runner.BegunAsync();
        attempt.Start();
        script(attempt);
        return attempt;
    }

    /// <summary>Lets the next beat fall due, and waits until the actor has done all it was told.</summary>
    private async Task BeatAsync(IActorRef worker)
    {
        await SettleAsync(worker);
        _time.Advance(BeatEvery);
        await SettleAsync(worker);
    }

    private static Task<ActorIdentity> SettleAsync(IActorRef actor) => actor.Ask<ActorIdentity>(new Identify(null));

    private async Task<List<Reported>> ReportsAsync(int count)
    {
        var reports = new List<Reported>();
        while (reports.Count < count)
            reports.AddRange(Singly(await _coordinator.ExpectMsgAsync<Reported>()));
        return reports;
    }

    private async Task Expect<T>(T message) => Assert.Equal(message, await _coordinator.ExpectMsgAsync<T>());

    private static Assignment Of(SweepAttempt attempt) =>
        new(attempt.Sweep, attempt.Attempt, new TrialWork.Prepare("nothing"), null, null, null, [], null, []);
}
