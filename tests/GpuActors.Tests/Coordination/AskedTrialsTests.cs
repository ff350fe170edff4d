using System.Threading.Channels;
using Experiments.Asking;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Tests.Doubles;
using Xunit;

namespace GpuActors.Tests.Coordination;

/// <summary>Trials that are asked for, while a run holds the store and while none does.</summary>
public sealed class AskedTrialsTests : CoordinatorTestKit
{
    private static readonly SweepSpec _external = TestSweep.Of(trials: 1) with
    {
        Tasks = [TestSweep.Of(trials: 1).Tasks[0] with { Task = "external", External = new ExternalSpec() }],
    };

    private readonly Channel<SweepNotice> _notices = Channel.CreateUnbounded<SweepNotice>();

    [Fact]
    public async Task A_run_answers_when_it_is_recorded_and_ends_with_the_last_word()
    {
        var client = new CoordinatorClient(Start(_external));

        var asked = await client.AskAsync(Question("anna"), default);
        Assert.Equal("anna", Assert.Single(Recorded<SweepEvent.TrialLeased>()).Worker);
        var told = await client.TellAsync(Word(1) with { End = TellEnd.Done }, default);

        Assert.Equal((AskVerdict.Work, TellVerdict.Stop), (asked.Answer, told.Answer));
        Assert.Equal(TrialState.Completed, Assert.Single(Recorded<SweepEvent.TrialEnded>()).State);
        Assert.True((await Ended.Task.WaitAsync(RemainingOrDefault)).IsComplete);
        Assert.Contains("all of t0", Deleted);
    }

    [Fact]
    public async Task A_run_takes_a_trial_back_by_the_askers_own_lease_and_no_other()
    {
        var coordinator = Start(_external);
        var client = new CoordinatorClient(coordinator);
        await client.AskAsync(Question("anna"), default);

        Time.Advance(Lease * 2); // a worker would be lost by then
        Assert.Equal(TellVerdict.GoOn, (await client.TellAsync(Word(1), default)).Answer);
        Time.Advance(TimeSpan.FromHours(1) + BeatEvery);
        await StatusAsync(coordinator, status => status.Trials.ContainsKey(TrialState.Waiting));

        var fenced = await client.TellAsync(Word(1) with { Step = 2 }, default);
        Assert.Equal(TellVerdict.Fenced, fenced.Answer);
        Assert.Equal(2, (await client.AskAsync(Question("ben"), default)).Attempt!.Value.Number);
    }

    [Fact]
    public async Task A_restarted_run_and_none_at_all_know_who_holds_what()
    {
        var coordinator = Start(_external);
        var first = new CoordinatorClient(coordinator);
        await first.AskAsync(Question("anna"), default);
        await first.PauseAsync("interrupted", stopRunning: true, default);
        await RestartAsync(coordinator);

        Assert.Equal(TellVerdict.GoOn, (await Brief().TellAsync(TestSweep.Ledger(_external), Word(1))).Answer);
        Assert.Equal(AskVerdict.Wait, (await Brief().AskAsync(TestSweep.Ledger(_external), Question("ben"))).Answer);
        Assert.Single(Recorded<SweepEvent.SweepResumed>());
        var client = new CoordinatorClient(Start(_external));

        Assert.Equal(AskVerdict.Wait, (await client.AskAsync(Question("ben"), default)).Answer);
        Assert.Equal(TellVerdict.Stop, (await client.TellAsync(Word(2) with { End = TellEnd.Done }, default)).Answer);
        Assert.Equal([1, 2], Recorded<SweepEvent.MetricReported>().Select(metric => metric.Step));
        Assert.Equal(Enumerable.Range(1, Disk.Events.Count), Disk.Events.Select(recorded => (int)recorded.Number));
    }

    [Fact]
    public async Task What_is_refused_is_said_and_not_recorded()
    {
        var coordinator = Start(_external);
        var client = new CoordinatorClient(coordinator);
        var before = (await StatusAsync(coordinator, status => status.LastEvent > 0)).LastEvent;

        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.TellAsync(Word(1) with { Trial = new TrialId(7) }, default));
        var other = await Assert.ThrowsAsync<RefusedException>(() => client.AskAsync(Question("anna") with { Sweep = "other" }, default));

        Assert.Equal((RefusalKind.Unknown, "Sweep 's' has no trial t7; it has t0 to t0."), (refused.Kind, refused.Message));
        Assert.Equal(
            (RefusalKind.Conflict, "The store is held by the run of 's', which is not 'other'."), (other.Kind, other.Message));
        Assert.Equal(before, (await client.StatusAsync(default)).LastEvent);
    }

    [Fact]
    public async Task An_asker_that_runs_out_of_the_time_of_a_trial_is_to_stop()
    {
        var spec = _external with { Limits = new Limits { Trial = TimeSpan.FromMinutes(10) } };
        await Brief().AskAsync(TestSweep.Ledger(spec), Question("anna"));
        await Brief().TellAsync(TestSweep.Ledger(spec), Word(1));
        Time.Advance(TimeSpan.FromMinutes(11));

        var told = await Brief().TellAsync(TestSweep.Ledger(spec), Word(2));

        Assert.Equal(
            (TellVerdict.Stop, "t0 is failed: It ran longer than the limit of 00:10:00 for a trial."), (told.Answer, told.Reason));
    }

    [Theory]
    [InlineData(AtLimit.Stop)]
    [InlineData(AtLimit.Drain)]
    public async Task At_a_limit_a_run_that_stops_leaves_an_asker_his_trial_and_one_that_drains_waits_for_his_word(AtLimit atLimit)
    {
        var limits = new Limits { Wall = TimeSpan.FromMinutes(10), AtLimit = atLimit };
        var coordinator = Start(_external with { Limits = limits });
        var client = new CoordinatorClient(coordinator);
        await client.AskAsync(Question("anna"), default);

        Time.Advance(TimeSpan.FromMinutes(11));
        await AwaitConditionAsync(() => Task.FromResult(Recorded<SweepEvent.SweepPaused>().Any()));
        await client.PauseAsync("once more, so that all before is carried out", stopRunning: false, default);
        Assert.Equal(atLimit == AtLimit.Stop, Ended.Task.IsCompleted);

        Assert.Equal(TellVerdict.Stop, (await client.TellAsync(Word(1) with { End = TellEnd.Done }, default)).Answer);
        await Ended.Task.WaitAsync(RemainingOrDefault);
    }

    private static AskRequest Question(string asker) => new(TestSweep.Name, asker, TimeSpan.FromHours(1), "here");

    private static TellRequest Word(int step) => new()
    {
        Sweep = TestSweep.Name,
        Trial = new TrialId(0),
        Attempt = 1,
        Step = step,
        Values = System.Collections.Immutable.ImmutableSortedDictionary<string, double>.Empty.Add("score", step),
    };

    private BriefCoordinator Brief() => new(Disk.Open(), TestSweep.Catalogue, Path.GetTempPath(), Time, _notices.Writer);
}
