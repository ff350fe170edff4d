using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class OutcomeTests
{
    private static readonly Report.Started Begun = new(ProcessId: 7, FromStep: 0);

    [Fact]
    public void The_sweep_ends_with_its_last_trial()
    {
        var ledger = Started(Sweep(ranks: [1, 2], seeds: [0]));
        ledger.Ready(Anna);
        ledger.Ready(Ben);

        var first = ledger.ReportAll(Anna, A(0, 1), Begun, Finished());
        var last = ledger.ReportAll(Ben, A(1, 1), Begun, Failed(FailureCause.Nan));

        Assert.Empty(first.Did<LedgerEffect.EndSweep>());
        Assert.Equal([new SweepEvent.TrialEnded(T(1), TrialState.Failed, FailureCause.Nan, "Nan!"), new SweepEvent.SweepEnded("done")],
            last.Events.TakeLast(2));
        Assert.Equal("done", Assert.Single(last.Did<LedgerEffect.EndSweep>()).Reason);
        Assert.Equal([(TrialState.Completed, 1), (TrialState.Failed, 1)], ledger.Counts.Select(pair => (pair.Key, pair.Value)));
    }

    [Theory]
    [InlineData(FailureCause.Oom, TrialState.Failed)]
    [InlineData(FailureCause.Nan, TrialState.Failed)]
    [InlineData(FailureCause.Error, TrialState.Failed)]
    [InlineData(FailureCause.Timeout, TrialState.Failed)]
    [InlineData(FailureCause.Dependency, TrialState.Failed)]
    [InlineData(FailureCause.Invalid, TrialState.Invalid)]
    [InlineData(FailureCause.Io, TrialState.Waiting)]
    [InlineData(FailureCause.Lost, TrialState.Waiting)]
    public void The_cause_of_a_failure_decides_whether_the_trial_is_tried_again(FailureCause cause, TrialState state)
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));
        ledger.Ready(Anna);

        ledger.ReportAll(Anna, A(0, 1), Begun, Failed(cause));

        Assert.Equal(state, ledger.StateOf(0));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public void A_trial_that_loses_its_worker_again_and_again_without_progress_fails(int retries, int attempts)
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]) with { Retries = retries });

        for (var number = 1; number <= attempts; number++)
        {
            Assert.Equal(TrialState.Waiting, ledger.StateOf(0));
            ledger.Ready(Anna);
            ledger.ReportAll(Anna, A(0, number), Begun);
            ledger.Lose(Anna);
        }

        Assert.Equal(TrialState.Failed, ledger.StateOf(0));
    }

    [Fact]
    public void Progress_between_losses_earns_new_retries()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]) with { Retries = 1 });

        for (var number = 1; number <= 5; number++)
        {
            ledger.Ready(Anna);
            ledger.ReportAll(Anna, A(0, number), Begun, new Report.Measured(number, Values(("loss", 0.1))));
            ledger.Lose(Anna);
        }

        Assert.Equal(TrialState.Waiting, ledger.StateOf(0));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_tried_three_times_more()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));

        for (var number = 1; number <= 4; number++)
        {
            Assert.Equal(TrialState.Waiting, ledger.StateOf(0));
            ledger.Ready(Anna);
            ledger.ReportAll(Anna, A(0, number), Begun, Failed(FailureCause.Io));
        }

        Assert.Equal(TrialState.Failed, ledger.StateOf(0));
    }

    [Fact]
    public void A_trial_that_finds_the_disk_full_again_and_again_lets_the_sweep_hold_and_goes_on_when_it_is_resumed()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));
        var full = new Report.Ended(new AttemptOutcome.Failed(FailureCause.Io, "No space left.", 3, DiskFull: true), TimeSpan.Zero);

        for (var number = 1; number <= 8; number++)
        {
            ledger.Ready(Anna);
            var step = ledger.ReportAll(Anna, A(0, number), Begun, full);
            Assert.Equal(number % 4 == 0, step.Did<LedgerEffect.Hold>().Length == 1);
            Assert.Equal(number % 4 == 0 ? "t0 finds the disk full: No space left." : null, ledger.Paused);
            Assert.Equal(TrialState.Waiting, ledger.StateOf(0));
            ledger.Handle(new LedgerInput.Resume());
        }
    }

    [Fact]
    public void A_worker_that_pauses_of_itself_gives_its_trial_to_another()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));
        ledger.Ready(Anna);
        ledger.Ready(Ben);

        var steps = ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(5, "t0/1-5", 9), Paused(5));

        Assert.Equal(5, Assert.Single(steps.Did<LedgerEffect.Assign>()).Assignment.ResumeFrom!.Step);
    }

    [Fact]
    public void A_failed_trial_fails_those_that_need_it_and_those_that_need_these()
    {
        var ledger = Started(Sweep([Block("a", Entry("mole", [1], experts: "expert"), Entry("expert", [1, 2]))], seeds: [0, 1]));
        ledger.Ready(Anna);

        var steps = ledger.ReportAll(Anna, A(0, 1), Begun, Failed(FailureCause.Error));

        Assert.Equal(
            [new(T(0), TrialState.Failed, FailureCause.Error, "Error!"),
             new SweepEvent.TrialEnded(T(4), TrialState.Failed, FailureCause.Dependency, "It needs t0, which failed.")],
            steps.Said<SweepEvent.TrialEnded>());
        Assert.Equal(TrialState.Waiting, ledger.StateOf(5));
    }

    [Fact]
    public void A_failed_preparation_fails_the_whole_chain_behind_it()
    {
        var ledger = Ledger(Sweep(ranks: [1, 2], seeds: [0]), null, ("lesions", [new("corpus", []), new("base", ["corpus"])]));
        ledger.Start();
        ledger.Ready(Anna);

        var steps = ledger.ReportAll(Anna, A(0, 1), Begun, Failed(FailureCause.Error));

        Assert.Equal([T(0), T(1), T(2), T(3)], steps.Said<SweepEvent.TrialEnded>().Select(ended => ended.Trial));
        Assert.Single(steps.Did<LedgerEffect.EndSweep>());
    }

    [Fact]
    public void A_paused_sweep_leases_nothing_until_it_is_resumed()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));
        ledger.Handle(new LedgerInput.Pause("lunch", StopRunning: false));

        var paused = ledger.Ready(Anna);
        var resumed = ledger.Handle(new LedgerInput.Resume());

        Assert.Empty(paused.Effects);
        Assert.Single(resumed.Did<LedgerEffect.Assign>());
    }

    [Fact]
    public void A_sweep_that_drains_lets_a_running_trial_come_to_its_rung_and_begins_nothing()
    {
        var ledger = Ledger(Sweep(ranks: [1, 2, 3], seeds: [0]), new Asha(new Asha.Options { Probes = 0, MinSteps = 2 }));
        ledger.Start();
        ledger.Ready(Anna);
        ledger.Report(Anna, A(0, 1), 1, Begun);

        var drain = ledger.Handle(new LedgerInput.Pause("40h are used up.", StopRunning: false, AtLimit: true));
        ledger.Report(Anna, A(0, 1), 2, new Report.Saved(2, "t0/1-2", 9));
        ledger.Report(Anna, A(0, 1), 3, new Report.Ended(new AttemptOutcome.Rested(2), TimeSpan.FromSeconds(5)));
        var idle = ledger.Ready(Anna);

        Assert.Equal([new SweepEvent.SweepPaused("40h are used up.", StopRunning: false, AtLimit: true)], drain.Events);
        Assert.Empty(drain.Effects);
        Assert.Equal(TrialState.Resting, ledger.StateOf(0));
        Assert.Empty(idle.Effects);
        Assert.Empty(ledger.Leases);
    }

    [Fact]
    public void A_pause_that_stops_what_runs_holds_it_until_the_sweep_is_resumed()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]));
        ledger.Ready(Anna);
        ledger.Report(Anna, A(0, 1), 1, Begun);

        var pause = ledger.Handle(new LedgerInput.Pause("lunch", StopRunning: true));
        var adopted = ledger.Handle(new LedgerInput.WorkerBusy(Anna, A(0, 1)));
        ledger.Report(Anna, A(0, 1), 2, Paused(0));
        var held = ledger.StateOf(0);
        ledger.Ready(Anna);
        var resumed = ledger.Handle(new LedgerInput.Resume());

        Assert.Equal([new LedgerEffect.Stop("anna", A(0, 1), Save: true)], pause.Effects);
        Assert.Contains(new LedgerEffect.Stop("anna", A(0, 1), Save: true), adopted.Effects);
        Assert.Equal(TrialState.Paused, held);
        Assert.Equal(A(0, 2), Assert.Single(resumed.Did<LedgerEffect.Assign>()).Assignment.Attempt);
    }

    [Fact]
    public void A_cancelled_trial_ends_at_once_and_its_worker_is_told_to_stop()
    {
        var ledger = Started(Sweep(ranks: [1, 2], seeds: [0]));
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(5, "t0/1-5", 9));

        var step = ledger.Handle(new LedgerInput.Cancel(T(0)));
        var late = ledger.Report(Anna, A(0, 1), 3, Finished());

        Assert.Equal(TrialState.Cancelled, ledger.StateOf(0));
        Assert.Equal(
            [
                new LedgerEffect.Stop("anna", A(0, 1), Save: false), new LedgerEffect.DeleteTrialCheckpoints(T(0), Spared: []),
                new LedgerEffect.DeleteCheckpoints(["t0/1-5"]),
            ],
            step.Effects);
        Assert.Contains(new LedgerEffect.Fence("anna", A(0, 1)), late.Effects);
        Assert.Equal(TrialState.Waiting, ledger.StateOf(1));
    }

    [Fact]
    public void A_cancelled_sweep_ends_at_once_also_while_it_is_paused()
    {
        var ledger = Started(Sweep([Block("a", Entry("mole", [1], experts: "expert"), Entry("expert", [1]))], seeds: [0]));
        ledger.Ready(Anna);
        ledger.Handle(new LedgerInput.Pause("lunch", StopRunning: false));

        var step = ledger.Handle(new LedgerInput.Cancel(null));

        Assert.All(ledger.Trials, trial => Assert.Equal(TrialState.Cancelled, trial.State));
        Assert.Equal("cancelled", ledger.Ended);
        Assert.Equal("cancelled", Assert.Single(step.Did<LedgerEffect.EndSweep>()).Reason);
        Assert.Empty(ledger.Handle(new LedgerInput.Cancel(null)).Events);
    }

    [Fact]
    public void A_trial_out_of_time_fails_and_its_worker_is_told_to_stop()
    {
        var ledger = Started(Sweep(ranks: [1], seeds: [0]) with { Limits = new Limits { Trial = TimeSpan.FromMinutes(45) } });
        ledger.Ready(Anna);

        var step = ledger.Handle(new LedgerInput.TimedOut(A(0, 1)));
        var again = ledger.Handle(new LedgerInput.TimedOut(A(0, 1)));

        Assert.Equal(new(T(0), TrialState.Failed, FailureCause.Timeout, "It ran longer than the limit of 00:45:00 for a trial."),
            Assert.Single(step.Said<SweepEvent.TrialEnded>()));
        Assert.Contains(new LedgerEffect.Stop("anna", A(0, 1), Save: false), step.Effects);
        Assert.Empty(again.Events);
    }

    private static Report.Ended Paused(int step) => new(new AttemptOutcome.Paused(step), TimeSpan.FromSeconds(1));

    private static SweepLedger Started(SweepSpec spec)
    {
        var ledger = Ledger(spec);
        ledger.Start();
        return ledger;
    }
}
