using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class ReportTests
{
    private static readonly Report.Started Begun = new(ProcessId: 7, FromStep: 0);
    private readonly SweepLedger _ledger = Ledger(Sweep(ranks: [4], seeds: [0]));
    private readonly List<SweepEvent> _leased;

    public ReportTests() => _leased = [.. _ledger.Start().Events, .. _ledger.Ready(Anna).Events];

    [Fact]
    public void Records_reports_in_order_and_acknowledges_each()
    {
        var steps = _ledger.ReportAll(Anna, A(0, 1), Begun, Loss(step: 1, 0.9), new Report.Saved(1, "t0/1-1", 10));

        Assert.Equal(
            [
                new SweepEvent.AttemptStarted(A(0, 1), 1, 7, 0),
                new SweepEvent.MetricReported(A(0, 1), 2, 1, Assert.Single(steps.Said<SweepEvent.MetricReported>()).Values),
                new SweepEvent.CheckpointSaved(A(0, 1), 3, 1, "t0/1-1", 10),
            ],
            steps.Events);
        Assert.Equal([1L, 2, 3], steps.Did<LedgerEffect.Acknowledge>().Select(effect => effect.Sequence));
        Assert.Equal(TrialState.Running, _ledger.StateOf(0));
    }

    [Fact]
    public void Acknowledges_a_report_again_without_recording_it_again()
    {
        _ledger.ReportAll(Anna, A(0, 1), Begun, Loss(step: 1, 0.9));

        var step = _ledger.Report(Anna, A(0, 1), 1, Begun);

        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.Acknowledge("anna", A(0, 1), 2)], step.Effects);
    }

    [Fact]
    public void Asks_again_from_the_first_report_that_is_missing()
    {
        _ledger.Report(Anna, A(0, 1), 1, Begun);

        var step = _ledger.Report(Anna, A(0, 1), 4, Loss(step: 3, 0.7));

        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.Resend("anna", A(0, 1), 2)], step.Effects);
    }

    [Fact]
    public void Acknowledges_the_end_again_when_the_answer_to_it_was_lost()
    {
        _ledger.ReportAll(Anna, A(0, 1), Begun, Finished());

        var step = _ledger.Report(Anna, A(0, 1), 2, Finished());

        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.Acknowledge("anna", A(0, 1), 2)], step.Effects);
    }

    [Fact]
    public void Fences_an_older_attempt_and_records_so_once()
    {
        _ledger.Report(Anna, A(0, 1), 1, Begun);
        _ledger.Lose(Anna);
        _ledger.Ready(Ben);

        var first = _ledger.Report(Anna, A(0, 1), 2, Loss(step: 1, 0.9));
        var second = _ledger.Report(Anna, A(0, 1), 3, Loss(step: 2, 0.8));

        Assert.Equal(RejectionReason.Fenced, Assert.IsType<SweepEvent.ReportRejected>(Assert.Single(first.Events)).Reason);
        Assert.Empty(second.Events);
        Assert.Equal([new LedgerEffect.Fence("anna", A(0, 1))], first.Effects);
        Assert.Equal(first.Effects, second.Effects);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(9, 1)]
    public void Fences_what_was_never_leased_without_a_record(int trial, int number)
    {
        var step = _ledger.Report(Ben, A(trial, number), 1, Begun);

        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.Fence("ben", A(trial, number))], step.Effects);
    }

    [Fact]
    public void A_retry_records_only_what_is_new_and_its_reports_are_known_after_a_restart()
    {
        SweepEvent[] lost =
        [
            .. _ledger.ReportAll(Anna, A(0, 1), Begun, Loss(step: 1, 0.9), Loss(step: 2, 0.8)).Events,
            .. _ledger.Lose(Anna).Events,
            .. _ledger.Ready(Ben).Events,
        ];

        var again = _ledger.ReportAll(
            Ben, A(0, 2), Begun, Loss(step: 1, 0.9), new Report.Measured(2, Values(("loss", 0.8), ("dice", 0.1))));
        var restarted = Ledger(_ledger.Spec);
        foreach (var recorded in _leased.Concat(lost).Concat(again.Events))
            restarted.Replay(recorded);
        restarted.Start();
        var repeated = restarted.Report(Ben, A(0, 2), 3, Loss(step: 2, 0.8));

        var metrics = again.Said<SweepEvent.MetricReported>();
        Assert.Empty(metrics[0].Values);
        Assert.Equal(Values(("dice", 0.1)), metrics[1].Values);
        Assert.Equal([new LedgerEffect.Acknowledge("ben", A(0, 2), 3)], repeated.Effects);
    }

    [Fact]
    public void The_first_value_stays_and_a_different_one_is_noted_once_with_both()
    {
        _ledger.ReportAll(Anna, A(0, 1), Begun, Loss(step: 1, 0.9), Loss(step: 2, double.NaN));
        _ledger.Lose(Anna);
        _ledger.Ready(Ben);

        var steps = _ledger.ReportAll(Ben, A(0, 2), Begun, Loss(step: 1, 0.5), Loss(step: 2, double.NaN), Loss(step: 1, 0.4));

        var rejected = Assert.Single(steps.Said<SweepEvent.ReportRejected>());
        Assert.Equal((RejectionReason.Nondeterminism, 2), (rejected.Reason, rejected.Sequence));
        Assert.Equal("loss at step 1 is 0.5 now and was 0.9 before.", rejected.Detail);
        Assert.All(steps.Said<SweepEvent.MetricReported>(), metric => Assert.Empty(metric.Values));
        Assert.Equal(4, steps.Did<LedgerEffect.Acknowledge>()[^1].Sequence);
    }

    [Fact]
    public void A_new_checkpoint_lets_the_one_before_go()
    {
        var steps = _ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(10, "t0/1-10", 9), new Report.Saved(20, "t0/1-20", 9));

        Assert.Equal(["t0/1-10"], Assert.Single(steps.Did<LedgerEffect.DeleteCheckpoints>()).Folders);
    }

    [Fact]
    public void A_completed_trial_lets_its_last_checkpoint_go()
    {
        var steps = _ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(10, "t0/1-10", 9), Finished());

        Assert.Equal(["t0/1-10"], Assert.Single(steps.Did<LedgerEffect.DeleteCheckpoints>()).Folders);
    }

    [Fact]
    public void A_failed_trial_keeps_its_last_checkpoint()
    {
        var steps = _ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(10, "t0/1-10", 9), Failed(FailureCause.Nan));

        Assert.Empty(steps.Did<LedgerEffect.DeleteCheckpoints>());
    }

    [Fact]
    public void Refuses_a_checkpoint_behind_the_newest_and_goes_on()
    {
        var steps = _ledger.ReportAll(
            Anna, A(0, 1), Begun, new Report.Saved(20, "new", 9), new Report.Saved(10, "old", 9), Loss(step: 21, 0.1));

        Assert.Equal(RejectionReason.OutOfOrder, Assert.Single(steps.Said<SweepEvent.ReportRejected>()).Reason);
        Assert.Equal(4, steps.Did<LedgerEffect.Acknowledge>()[^1].Sequence);
        Assert.Empty(steps.Did<LedgerEffect.DeleteCheckpoints>());
    }

    [Fact]
    public void A_worker_that_begins_before_its_checkpoint_found_it_unusable()
    {
        _ledger.ReportAll(Anna, A(0, 1), Begun, new Report.Saved(20, "damaged", 9));
        _ledger.Lose(Anna);
        _ledger.Ready(Ben);

        var steps = _ledger.ReportAll(Ben, A(0, 2), Begun, new Report.Saved(10, "good", 9));

        Assert.Equal(["damaged"], Assert.Single(steps.Did<LedgerEffect.DeleteCheckpoints>()).Folders);
        Assert.Single(steps.Said<SweepEvent.CheckpointSaved>());
    }

    [Fact]
    public void Refuses_a_second_start_and_goes_on()
    {
        var steps = _ledger.ReportAll(Anna, A(0, 1), Begun, Begun, Loss(step: 1, 0.1));

        Assert.Equal(RejectionReason.OutOfOrder, Assert.Single(steps.Said<SweepEvent.ReportRejected>()).Reason);
        Assert.Single(steps.Said<SweepEvent.MetricReported>());
    }

    private static Report.Measured Loss(int step, double loss) => new(step, Values(("loss", loss)));
}
