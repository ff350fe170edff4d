using CsCheck;
using Experiments.Asking;
using Experiments.Tests.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Asking;

public sealed class TrialDeskTests
{
    [Fact]
    public void Who_asks_is_told_all_that_the_work_needs()
    {
        var desk = DeskExample.Of(DeskExample.Rungs);

        var answer = desk.Ask(minutes: 20);

        Assert.Equal((AskVerdict.Work, T(0), A(0, 1)), (answer.Answer, answer.Trial, answer.Attempt));
        Assert.Equal(["rate", "steps"], answer.Parameters!.Values.Keys);
        Assert.Equal(("tune", 0, 0, 3), (answer.Entry, answer.Seed, answer.FromStep, answer.RunTo));
        Assert.Equal([3], answer.ReportAt!);
        Assert.Equal(("folder/t0", null), (answer.Checkpoints, answer.ResumeFrom));
        Assert.Equal(desk.Now.AddMinutes(20), answer.LeaseUntil);
    }

    [Fact]
    public void Each_asker_has_a_trial_of_its_own_and_one_too_many_waits_until_all_is_done()
    {
        var desk = DeskExample.Of(DeskExample.Two);

        Assert.Equal((T(0), T(1)), (desk.Ask("anna").Trial, desk.Ask("ben").Trial));
        var third = desk.Ask("carl");
        desk.Tell(0, 0.5, end: TellEnd.Done);
        var alone = desk.Ask("carl");
        desk.Tell(1, 0.4, end: TellEnd.Done);
        var last = desk.Ask("carl");

        Assert.Equal((AskVerdict.Wait, "2 trials are with other askers, and no other can start"), (third.Answer, third.Reason));
        Assert.Equal((AskVerdict.Wait, "the last trial is with another asker"), (alone.Answer, alone.Reason));
        Assert.Equal((AskVerdict.Done, "the sweep has ended: done"), (last.Answer, last.Reason));
        Assert.Equal((TrialState.Completed, TrialState.Completed), (desk.StateOf(0), desk.StateOf(1)));
    }

    [Fact]
    public void Asking_again_before_a_word_gives_the_same_trial_and_after_one_begins_another_attempt()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask("anna");

        var again = desk.Ask("anna");
        desk.Tell(0, 0.5, step: 1);
        var afterwards = desk.Ask("anna");

        Assert.Equal(A(0, 1), again.Attempt);
        Assert.Equal(A(0, 2), afterwards.Attempt);
        Assert.Equal(TellVerdict.Fenced, desk.Tell(0, 0.4, step: 2, attempt: 1).Answer);
        Assert.Equal(TellVerdict.GoOn, desk.Tell(0, 0.4, step: 2, attempt: 2).Answer);
    }

    [Fact]
    public void A_repeated_word_changes_nothing_and_another_value_is_warned_of()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask();

        var first = desk.Tell(0, 0.5, step: 1);
        var same = desk.Tell(0, 0.5, step: 1);
        var other = desk.Tell(0, 0.7, step: 1);
        desk.Tell(0, 0.3, step: 5, end: TellEnd.Done);
        var lateAgain = desk.Tell(0, 0.3, step: 5, end: TellEnd.Done);

        Assert.Equal((TellVerdict.GoOn, TellVerdict.GoOn, TellVerdict.GoOn), (first.Answer, same.Answer, other.Answer));
        Assert.Equal((null, "loss at step 1 is 0.7 now and was 0.5 before."), (same.Warning, other.Warning));
        Assert.Equal((TellVerdict.Stop, "t0 is completed"), (lateAgain.Answer, lateAgain.Reason));
        var values = desk.Events.OfType<SweepEvent.MetricReported>().Where(metric => !metric.Values.IsEmpty).ToList();
        Assert.Equal([(1, 0.5), (5, 0.3)], values.Select(metric => (metric.Step, metric.Values["loss"])));
        Assert.Equal(RejectionReason.Nondeterminism, Assert.Single(desk.Events.OfType<SweepEvent.ReportRejected>()).Reason);
    }

    [Fact]
    public void A_lease_runs_from_the_last_word_and_what_is_lost_is_tried_again()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask("anna", minutes: 20);
        desk.Now = desk.Now.AddMinutes(19);
        Assert.Equal(desk.Now.AddMinutes(20), desk.Tell(0).LeaseUntil); // an empty word renews it
        desk.Now = desk.Now.AddMinutes(19);
        Assert.Equal(T(1), desk.Restarted().Ask("ben").Trial);

        desk.Now = desk.Now.AddMinutes(2);
        var taken = desk.Ask("ben");
        var late = desk.Tell(0, 0.5, step: 1);

        Assert.Equal(A(0, 2), taken.Attempt);
        Assert.Equal((TellVerdict.Fenced, "t0.1 was silent too long; t0 was given to another"), (late.Answer, late.Reason));
        Assert.Equal(
            "Nothing was told of it for 00:20:00.",
            Assert.IsType<AttemptOutcome.Failed>(desk.Events.OfType<SweepEvent.AttemptEnded>().Single().Outcome).Message);
    }

    [Fact]
    public void A_late_word_counts_while_nobody_else_has_asked()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask(minutes: 1);
        desk.Now = desk.Now.AddHours(5);

        Assert.Equal(TellVerdict.GoOn, desk.Tell(0, 0.5, step: 1).Answer);
    }

    [Fact]
    public void A_trial_rests_at_its_rung_and_the_best_goes_on_from_its_checkpoint_with_whoever_asks()
    {
        var desk = DeskExample.Of(DeskExample.Rungs);
        double[] losses = [0.5, 0.2, 0.9];
        foreach (var (trial, loss) in losses.Index())
        {
            desk.Ask();
            Assert.Equal(TellVerdict.GoOn, desk.Tell(trial, loss + 1, step: 1).Answer);
            Assert.Equal(TellVerdict.Rest, desk.Tell(trial, loss, step: 3).Answer);
            Assert.Equal(TellVerdict.Rest, desk.Tell(trial, end: TellEnd.Done, folder: trial == 1 ? "mine/3" : null).Answer);
            Assert.Equal(TellVerdict.Rest, desk.Tell(trial, end: TellEnd.Done).Answer); // once more
            Assert.Equal(TrialState.Resting, desk.StateOf(trial));
        }

        var promoted = desk.Ask("ben");
        var last = desk.Tell(1, 0.1, step: 9, attempt: 2, end: TellEnd.Done);
        var done = desk.Ask("ben");

        Assert.Equal((A(1, 2), 3, 9, "mine/3"), (promoted.Attempt, promoted.FromStep, promoted.RunTo, promoted.ResumeFrom));
        Assert.Empty(promoted.ReportAt!);
        Assert.Equal((TellVerdict.Stop, "t1 is completed"), (last.Answer, last.Reason));
        Assert.Equal(AskVerdict.Done, done.Answer);
        Assert.Equal((TrialState.Pruned, TrialState.Completed, TrialState.Pruned), (desk.StateOf(0), desk.StateOf(1), desk.StateOf(2)));
        Assert.Empty(SweepAudit.Of(desk.Ledger.Spec, new CatalogueDouble(), desk.Events).Disagreements);
    }

    [Fact]
    public void Without_a_folder_named_a_trial_goes_on_from_the_one_that_it_was_given()
    {
        var desk = DeskExample.Of(DeskExample.Rungs);
        foreach (var trial in Enumerable.Range(0, 3))
        {
            desk.Ask();
            desk.Tell(trial, trial, step: 4, end: TellEnd.Done); // past its rung, where nothing was told
        }

        var promoted = desk.Ask();

        Assert.Equal((A(0, 2), 3, "folder/t0"), (promoted.Attempt, promoted.FromStep, promoted.ResumeFrom));
    }

    [Fact]
    public void What_others_may_go_on_from_has_a_folder_that_no_later_attempt_is_given()
    {
        var desk = DeskExample.Of(DeskExample.Population);
        foreach (var (trial, loss) in ((double[])[0.1, 0.3, 0.2, 0.9]).Index())
        {
            Assert.Equal($"folder/t{trial}.1/2", desk.Ask().Checkpoints);
            Assert.Equal(TellVerdict.Rest, desk.Tell(trial, loss, step: 2, end: TellEnd.Done).Answer);
        }

        // The best goes on first and writes elsewhere; the worst goes on from what it left at 2 and not from what it has by then.
        var donor = desk.Ask("anna");
        Assert.Equal((A(0, 2), "folder/t0.1/2", "folder/t0.2/4"), (donor.Attempt, donor.ResumeFrom, donor.Checkpoints));
        desk.Tell(0, 0.05, step: 4, attempt: 2, end: TellEnd.Done);
        var others = new[] { desk.Ask("ben"), desk.Ask("carl"), desk.Ask("dora") };

        var borrower = others.Single(answer => answer.Trial == T(3));
        Assert.Equal((2, 4), (borrower.FromStep, borrower.RunTo));
        Assert.Equal(("folder/t0.1/2", "folder/t3.2/4"), (borrower.ResumeFrom, borrower.Checkpoints));
        Assert.DoesNotContain("folder/t0.1/2", desk.Deleted);
        desk.Tell(3, 0.04, step: 4, attempt: 2, end: TellEnd.Done);
        Assert.Contains("folder/t0.1/2", desk.Deleted);
    }

    [Fact]
    public void A_folder_that_others_may_go_on_from_takes_no_second_checkpoint()
    {
        var desk = DeskExample.Of(DeskExample.Population);
        desk.Ask();

        Refuses(RefusalKind.BadInput,
            "A checkpoint of step 1 needs a folder of its own, and this one is that of step 2: another trial may go on from what is "
            + "told, so it must not change.",
            () => desk.Tell(0, 0.5, step: 1, folder: "folder/t0.1/2"));
        desk.Tell(0, 0.5, step: 1, folder: "mine/1");
        Refuses(RefusalKind.BadInput,
            "A checkpoint of step 2 needs a folder of its own, and this one is that of step 1: another trial may go on from what is "
            + "told, so it must not change.",
            () => desk.Tell(0, 0.4, step: 2, folder: "mine/1"));
        Assert.Equal(TellVerdict.Rest, desk.Tell(0, 0.4, step: 2, folder: "folder/t0.1/2", end: TellEnd.Done).Answer);
    }

    [Fact]
    public void A_trial_that_the_scheduler_ends_is_to_stop()
    {
        var desk = DeskExample.Of("""
            workload: external
            metric: { name: loss, goal: minimize }
            trials: 4
            scheduler: { type: asha-stop, reduction_factor: 2, min_steps: 1 }
            parameters: { rate: { low: 0.1, high: 1.0 }, steps: 2 }
            """);
        var answers = new List<TellVerdict>();
        foreach (var (trial, loss) in ((double[])[0.1, 0.2, 0.3, 0.4]).Index())
        {
            desk.Ask($"asker-{trial}");
            answers.Add(desk.Tell(trial, loss, step: 1).Answer);
        }

        Assert.Equal(TellVerdict.Stop, answers[^1]);
        Assert.Equal(TrialState.Pruned, desk.StateOf(3));
        Assert.Equal((TellVerdict.Stop, "t3 is pruned"), (desk.Tell(3, 0.3, step: 2).Answer, desk.Tell(3, 0.3, step: 2).Reason));
    }

    [Fact]
    public void A_trial_that_failed_is_over_and_one_that_paused_goes_on_from_its_checkpoint()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask();
        var failed = desk.Tell(0, end: TellEnd.Failed);
        desk.Ask();
        desk.Tell(1, 0.5, step: 2, folder: "mine/2");
        var paused = desk.Tell(1, end: TellEnd.Paused);
        var again = desk.Ask("ben");

        Assert.Equal((TellVerdict.Stop, "t0 is failed: it broke"), (failed.Answer, failed.Reason));
        Assert.Equal((TellVerdict.Stop, "t1.1 is over, by its own word"), (paused.Answer, paused.Reason));
        Assert.Equal((A(1, 2), 2, 5, "mine/2"), (again.Attempt, again.FromStep, again.RunTo, again.ResumeFrom));
    }

    [Fact]
    public void A_value_that_is_not_finite_fails_the_trial()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask();

        var answer = desk.Tell(0, double.NaN, step: 3);

        Assert.Equal((TellVerdict.Stop, "t0 is failed: 'loss' became NaN at step 3."), (answer.Answer, answer.Reason));
    }

    [Theory]
    [InlineData("last", 0.4, 0.9)]
    [InlineData("best", 0.2, 0.7)]
    public void A_trial_is_worth_its_last_value_or_its_best(string value, double loss, double other)
    {
        var desk = DeskExample.Of(DeskExample.Two.Replace("minimize", $"minimize, value: {value}", StringComparison.Ordinal));
        desk.Ask();
        (double, double)[] words = [(0.3, 0.6), (0.2, 0.7), (0.4, 0.9)];
        foreach (var (step, (told, beside)) in words.Index())
        {
            desk.Tell(0, beside, step, name: "other");
            desk.Tell(0, told, step);
        }

        desk.Tell(0, end: TellEnd.Done);

        var result = Assert.IsType<AttemptOutcome.Finished>(desk.Events.OfType<SweepEvent.AttemptEnded>().Single().Outcome).Result;
        Assert.Equal((loss, other, 2), (result.Metrics["loss"], result.Metrics["other"], result.Steps));
    }

    [Fact]
    public void What_cannot_be_taken_is_one_sentence_and_leaves_no_trace()
    {
        var desk = DeskExample.Of(DeskExample.Rungs);
        desk.Ask();
        desk.Tell(0, 0.5, step: 1, folder: "mine/1");
        var before = desk.Events.Count();

        Refuses(RefusalKind.BadInput, "There is no step 10: t0 goes from 0 to 9.", () => desk.Tell(0, 0.5, step: 10));
        Refuses(RefusalKind.BadInput, "There is no step -1: t0 goes from 0 to 9.", () => desk.Tell(0, 0.5, step: -1));
        Refuses(RefusalKind.BadInput, "A checkpoint of step 0 comes after that of step 1.", () => desk.Tell(0, step: 0, folder: "mine/0"));
        Refuses(RefusalKind.BadInput, "t0 cannot be done: 'loss' at step 3 was never told. Did you mean 'los'?",
            () => desk.Tell(0, 0.5, step: 3, end: TellEnd.Done, name: "los"));
        Refuses(RefusalKind.BadInput, "A value must have a name.", () => desk.Tell(0, 0.5, name: ""));
        Refuses(RefusalKind.Unknown, "Sweep 'tune' has no trial t9; it has t0 to t2.", () => desk.Tell(9));
        Refuses(RefusalKind.Unknown, "t0 has no attempt 2; its newest is t0.1.", () => desk.Tell(0, attempt: 2));
        Refuses(RefusalKind.Unknown, "t1 was given to nobody yet.", () => desk.Tell(1, attempt: null));
        Refuses(RefusalKind.BadInput, "A lease must be longer than 00:00:00.", () => desk.Ask(minutes: 0));
        Refuses(RefusalKind.BadInput, "The name of an asker cannot be empty.", () => desk.Ask(asker: ""));
        Assert.Equal(before, desk.Events.Count());
    }

    [Fact]
    public void An_attempt_is_named_as_soon_as_there_are_two()
    {
        var desk = DeskExample.Of(DeskExample.Two);
        desk.Ask();
        Assert.Equal(TellVerdict.GoOn, desk.Tell(0, 0.5, step: 1, attempt: null).Answer);
        desk.Ask();

        Refuses(
            RefusalKind.BadInput, "t0 is at attempt 2: say which was given to you, for example t0.2.",
            () => desk.Tell(0, attempt: null));
    }

    [Fact]
    public void Workers_take_no_trial_that_is_asked_for_and_who_asks_gets_no_training()
    {
        var external = DeskExample.Of(DeskExample.Two);
        Assert.Empty(external.Ledger.Ready(Anna).Events);
        Assert.Equal(A(0, 1), external.Ask().Attempt);

        var ledger = Ledger(Sweep(ranks: [1, 2], seeds: [0]));
        ledger.Start();
        Refuses(
            RefusalKind.Conflict, "Sweep 'example' is run by workers; only one with 'workload: external' is asked for trials.",
            () => new TrialDesk(ledger, (_, _) => "").Ask(new AskRequest("example", "anna", TimeSpan.FromHours(1), "here"), default));
        Assert.Empty(ledger.Ready(new WorkerInfo("anna", "external", "here")).Events);
        Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>());
    }

    [Fact]
    public void Whatever_askers_do_every_trial_ends_and_what_was_decided_comes_out_again()
    {
        var file = DeskExample.Rungs.Replace("trials: 3", "trials: 9\nretries: 1000", StringComparison.Ordinal);
        Gen.Int[0, 9].Array[1, 60].Sample(acts =>
        {
            var desk = DeskExample.Of(file);
            var held = new List<AskAnswer>();
            foreach (var act in acts)
            {
                desk.Now = desk.Now.AddMinutes(act);
                if (act == 9)
                    desk = desk.Restarted();
                if (act < 4 && desk.Ask($"asker-{act}", minutes: 30) is { Answer: AskVerdict.Work } work)
                    held.Add(work);
                else if (act is >= 4 and < 8 && held.Count > 0)
                    Act(desk, held[act % held.Count], act);
            }

            while (desk.Ask("last") is { Answer: not AskVerdict.Done } answer)
            {
                desk.Now = desk.Now.AddMinutes(31);
                if (answer.Answer == AskVerdict.Work)
                    Act(desk, answer, 7);
            }

            Assert.All(desk.Ledger.Trials, trial => Assert.True(trial.State is TrialState.Completed or TrialState.Pruned));
            Assert.Empty(SweepAudit.Of(desk.Ledger.Spec, new CatalogueDouble(), desk.Events).Disagreements);
        }, iter: 60, seed: "0000KWf2AyP3");
    }

    /// <summary>Tells midway, at the end, or both; each step has the same value whoever tells of it.</summary>
    private static void Act(DeskExample desk, AskAnswer held, int act)
    {
        var (trial, attempt) = (held.Trial!.Value.Number, held.Attempt!.Value.Number);
        var to = held.RunTo!.Value;
        if (act < 7)
            desk.Tell(trial, Loss(trial, held.FromStep!.Value + 1), held.FromStep.Value + 1, attempt);
        if (act > 5)
            desk.Tell(trial, Loss(trial, to), to, attempt, TellEnd.Done);
    }

    private static double Loss(int trial, int step) => (((trial * 7) + 3) % 11) + (1.0 / step);

    private static void Refuses(RefusalKind kind, string sentence, Action act)
    {
        var refused = Assert.Throws<RefusedException>(act);
        Assert.Equal((kind, sentence), (refused.Kind, refused.Message));
    }
}
