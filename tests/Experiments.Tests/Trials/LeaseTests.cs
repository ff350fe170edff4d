using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class LeaseTests
{
    private readonly SweepLedger _ledger = Ledger(Sweep(ranks: [4, 8], seeds: [0]));
    private readonly LedgerStep _start;

    public LeaseTests() => _start = _ledger.Start();

    [Fact]
    public void Gives_the_first_ready_trial_to_a_worker_that_is_ready()
    {
        var step = _ledger.Ready(Anna);

        Assert.Equal(new SweepEvent.TrialLeased(A(0, 1), "anna", "cpu:0", "here"), Assert.Single(step.Events));
        var assigned = Assert.Single(step.Did<LedgerEffect.Assign>());
        Assert.Equal(("anna", A(0, 1), "lora", "lesions"),
            (assigned.Worker, assigned.Assignment.Attempt, assigned.Assignment.Method, assigned.Assignment.Block!.Task));
        Assert.Null(assigned.Assignment.ResumeFrom);
        Assert.Equal(TrialState.Assigned, _ledger.StateOf(0));
    }

    [Fact]
    public void Sends_the_assignment_again_to_a_worker_that_did_not_get_it()
    {
        var first = _ledger.Ready(Anna);

        var again = _ledger.Ready(Anna);

        Assert.Empty(again.Events);
        Assert.Equal(first.Effects, again.Effects);
    }

    [Fact]
    public void A_worker_that_comes_back_idle_in_the_middle_of_an_attempt_has_lost_it()
    {
        _ledger.Ready(Anna);
        _ledger.Report(Anna, A(0, 1), 1, new Report.Started(1, 0));

        var step = _ledger.Ready(Anna);

        var outcome = Assert.Single(step.Said<SweepEvent.AttemptEnded>()).Outcome;
        Assert.Equal(FailureCause.Lost, Assert.IsType<AttemptOutcome.Failed>(outcome).Cause);
        Assert.Equal(A(0, 2), Assert.Single(step.Said<SweepEvent.TrialLeased>()).Attempt);
    }

    [Fact]
    public void Serves_an_idle_worker_as_soon_as_something_is_ready_and_the_longest_idle_first()
    {
        var ledger = Ledger(Sweep([Block("a", Entry("mole", [1], experts: "expert"), Entry("expert", [2]))], seeds: [0]));
        ledger.Start();
        ledger.Ready(Anna);
        Assert.Empty(ledger.Ready(Ben).Events);

        var step = ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(artefact: "trials/t0"));

        var assigned = Assert.Single(step.Did<LedgerEffect.Assign>());
        Assert.Equal(("ben", A(1, 1), "mole"), (assigned.Worker, assigned.Assignment.Attempt, assigned.Assignment.Method));
        Assert.Equal(["trials/t0"], assigned.Assignment.Experts);
    }

    [Fact]
    public void A_preparation_is_assigned_without_block_and_method()
    {
        var ledger = Ledger(Sweep(ranks: [1], seeds: [0]), null, ("lesions", [new("corpus", [])]));
        ledger.Start();

        var assigned = Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>()).Assignment;

        Assert.Equal(new TrialWork.Prepare("corpus"), assigned.Work);
        Assert.Null(assigned.Block);
        Assert.Null(assigned.Method);
    }

    [Fact]
    public void A_lost_worker_gives_its_trial_back_and_the_next_attempt_goes_on_from_the_newest_checkpoint()
    {
        _ledger.Ready(Anna);
        _ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), new Report.Saved(10, "t0/1-10", 9), new Report.Saved(20, "t0/1-20", 9));

        _ledger.Lose(Anna);
        var step = _ledger.Ready(Ben);

        var assigned = Assert.Single(step.Did<LedgerEffect.Assign>()).Assignment;
        Assert.Equal(A(0, 2), assigned.Attempt);
        Assert.Equal(new CheckpointRecord(1, 20, "t0/1-20", 9), assigned.ResumeFrom);
    }

    [Fact]
    public void A_worker_lost_while_idle_gets_nothing()
    {
        _ledger.Ready(Anna);
        _ledger.Ready(Ben);
        _ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished());
        _ledger.Ready(Anna);
        _ledger.Lose(Anna);

        var step = _ledger.Lose(Ben);

        Assert.Empty(step.Did<LedgerEffect.Assign>());
    }

    [Fact]
    public void Adopts_a_worker_that_still_holds_its_attempt_after_a_restart()
    {
        var before = _ledger.Ready(Anna);
        var report = _ledger.Report(Anna, A(0, 1), 1, new Report.Started(1, 0));
        var restarted = Ledger(_ledger.Spec);
        foreach (var recorded in _start.Events.Concat(before.Events).Concat(report.Events))
            restarted.Replay(recorded);
        restarted.Start();

        var step = restarted.Handle(new LedgerInput.WorkerBusy(Anna, A(0, 1)));

        Assert.Equal([new Lease(A(0, 1), Anna)], restarted.Leases);
        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.Acknowledge("anna", A(0, 1), 1)], step.Effects);
    }

    [Fact]
    public void Fences_a_worker_that_holds_an_attempt_which_is_not_the_newest()
    {
        _ledger.Ready(Anna);
        _ledger.Lose(Anna);
        _ledger.Ready(Ben);

        var step = _ledger.Handle(new LedgerInput.WorkerBusy(Anna, A(0, 1)));

        Assert.Equal([new LedgerEffect.Fence("anna", A(0, 1))], step.Effects);
    }

    [Fact]
    public void Fences_a_worker_that_claims_an_attempt_of_another()
    {
        _ledger.Ready(Anna);

        var step = _ledger.Handle(new LedgerInput.WorkerBusy(Ben, A(0, 1)));

        Assert.Equal([new LedgerEffect.Fence("ben", A(0, 1))], step.Effects);
        Assert.Equal(Anna, _ledger.Find(T(0))!.Lease!.Worker);
    }

    [Fact]
    public void Acknowledges_to_a_busy_worker_that_its_attempt_has_ended_where_it_did_not_hear_so()
    {
        _ledger.Ready(Anna);
        _ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished());

        var step = _ledger.Handle(new LedgerInput.WorkerBusy(Anna, A(0, 1)));

        Assert.Equal([new LedgerEffect.Acknowledge("anna", A(0, 1), 2)], step.Effects);
    }

    [Fact]
    public void Says_why_a_trial_waits()
    {
        var ledger = Ledger(Sweep([Block("a", Entry("mole", [1], experts: "expert"), Entry("expert", [1, 2, 3, 4]))], seeds: [0]));
        ledger.Start();

        Assert.Equal("no free device", ledger.Find(T(0))!.Waits!.ToString());
        Assert.Equal("needs t0, t1, t2 and 1 more", ledger.Find(T(4))!.Waits!.ToString());
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished());
        Assert.Equal("needs t1, t2, t3", ledger.Find(T(4))!.Waits!.ToString());
        Assert.Null(ledger.Find(T(0))!.Waits);
        ledger.Handle(new LedgerInput.Pause("lunch", StopRunning: false));
        Assert.Equal("paused: lunch", ledger.Find(T(1))!.Waits!.ToString());
        ledger.Handle(new LedgerInput.Resume());
        ledger.Handle(new LedgerInput.Pause("40h are used up.", StopRunning: false, AtLimit: true));
        Assert.Equal("limit: 40h are used up.", ledger.Find(T(1))!.Waits!.ToString());
    }
}
