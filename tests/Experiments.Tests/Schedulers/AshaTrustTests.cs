using Experiments.Schedulers;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>Whether a rung is used depends on what it foretells.</summary>
public sealed class AshaTrustTests
{
    private static readonly string[] Probes = [.. Enumerable.Range(0, 8).Select(n => $"{n}>81")];

    [Fact]
    public void The_first_trials_run_to_their_end_and_the_next_are_held_against_them()
    {
        var sweep = DrivenSweep.OnOneDevice(Adaptive, 81, 0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 9);

        // Nine at rung 1, where 0, 1 and 2 pass; of those three at rung 3, 0 passes. So -1 passes four at rung 3, and waits as
        // one of two at rung 9: probes that would not have been promoted so far do not fill the rungs above.
        Assert.Equal([.. Probes, "8>1", "9>1", "9>3", "9>9", "10>1"], sweep.Trace);
    }

    [Fact]
    public void Where_the_order_turns_trials_run_to_their_end()
    {
        var sweep = new DrivenSweep(Adaptive, [.. Enumerable.Repeat((0, 81), 10)], (trial, step) => step < 81 ? -trial : trial);
        sweep.Run(devices: 1);

        Assert.Equal([.. Probes, "8>81", "9>81"], sweep.Trace);
    }

    [Fact]
    public void Only_the_rungs_that_foretell_the_end_are_used()
    {
        var sweep = new DrivenSweep(Adaptive, [.. Enumerable.Repeat((0, 81), 9)], (trial, step) => step < 20 ? -trial : trial);
        sweep.Run(devices: 1);

        Assert.Equal([.. Probes, "8>27"], sweep.Trace);
    }

    [Fact]
    public void A_rung_that_would_have_lost_the_best_is_not_used_though_it_orders_the_others()
    {
        var sweep = new DrivenSweep(
            Adaptive, [.. Enumerable.Repeat((0, 81), 9)], (trial, step) => trial == 5 && step == 81 ? -1 : trial);
        sweep.Run(devices: 1);

        // 28 pairs, of which the five of trial 5 with those before it turn: (23 - 5) / 28 = 0.64. The best third by the rung
        // comes to 0, the best to -1, the median to 3: a quarter of the way is lost.
        Assert.Equal([.. Probes, "8>81"], sweep.Trace);
    }

    [Fact]
    public void A_rung_that_would_have_lost_little_of_the_best_is_used()
    {
        var sweep = new DrivenSweep(
            Adaptive, [.. Enumerable.Repeat((0, 81), 9)], (trial, step) => trial == 5 && step == 81 ? -0.5 : trial);
        sweep.Run(devices: 1);

        // From -0.5 to the median 3 is 3.5, of which the best third by the rung loses a seventh.
        Assert.Equal([.. Probes, "8>1"], sweep.Trace);
    }

    [Fact]
    public void One_step_in_five_goes_into_the_worst_trial_that_a_rung_holds_back()
    {
        var sweep = DrivenSweep.OnOneDevice(Adaptive, 3, [.. Enumerable.Range(0, 26).Select(trial => (double)trial)]);

        // Later trials are worse, so none is promoted. Eight are held back after 15, which is doubted: 2 of 10 steps, so that
        // after 16, which makes them eight again, the next is due. Then it is 4 of 13, and the third is due at 20, after 23.
        Assert.Equal(
            "8>1 9>1 10>1 11>1 12>1 13>1 14>1 15>1 15>3 16>1 16>3 17>1 18>1 19>1 20>1 21>1 22>1 23>1 23>3 24>1 25>1",
            string.Join(' ', sweep.Trace.Skip(8)));
    }

    [Fact]
    public void A_trial_that_was_held_back_and_wins_all_the_same_costs_the_rung_its_trust()
    {
        var sweep = new DrivenSweep(
            Adaptive, [.. Enumerable.Repeat((0, 3), 18)], (trial, step) => trial == 15 && step == 3 ? -5 : trial);
        sweep.Run(devices: 1);

        // 15 looks the worst and ends the best; then all that rested go on, and later ones do not rest any more.
        Assert.Equal(
            "8>1 9>1 10>1 11>1 12>1 13>1 14>1 15>1 15>3 8>3 9>3 10>3 11>3 12>3 13>3 14>3 16>3 17>3",
            string.Join(' ', sweep.Trace.Skip(8)));
    }

    [Fact]
    public void Until_enough_have_ended_trials_rest_at_each_rung_and_go_on()
    {
        var sweep = new DrivenSweep(Adaptive, [.. Enumerable.Repeat((0, 81), 9)], (trial, _) => trial == 3 ? null : trial);
        sweep.Run(devices: 1);

        Assert.Equal(["8>1", "8>3", "8>9", "8>27", "8>81"], sweep.Trace[8..]);
    }

    [Fact]
    public void Trials_under_way_are_caught_at_their_next_rung_once_it_is_trusted()
    {
        var sweep = new DrivenSweep(Adaptive, [.. Enumerable.Repeat((0, 81), 12)], (trial, _) => trial);
        for (var other = 0; other < 4; other++)
            sweep.Happen(16 * 8 + 1, devices: 12); // the ninth of those that train reports

        while (!sweep.HasEnded)
            sweep.Happen(1, devices: 12); // the first of them

        // While nothing is known the four beside the probes went on from rung 1; rung 3 is where they are held.
        Assert.Equal(["8>3", "9>3", "10>3", "11>3"], sweep.Trace[12..]);
        Assert.Equal(Enumerable.Range(0, 8), sweep.Completed);
        Assert.Equal([8, 9, 10, 11], sweep.Pruned);
    }

    [Fact]
    public void A_rung_loses_its_trust_when_later_trials_contradict_it()
    {
        // The probes rank as they end; then eight trials that passed no trusted rung end against their order.
        var trust = new RungTrust(probes: 8, factor: 3);
        for (var trial = 0; trial < 8; trial++)
            trust.Take(RecordOf(trial), 0, 1, trial);
        Assert.Equal(RungVerdict.Trusted, trust[1]);

        for (var trial = 8; trial < 16; trial++)
            trust.Take(RecordOf(trial), 0, 1, -trial);

        Assert.Equal(RungVerdict.Misleading, trust[1]);
        Assert.Equal(RungVerdict.Open, trust[3]);
    }

    [Fact]
    public void A_trial_says_nothing_of_the_rungs_that_selected_it()
    {
        var trust = new RungTrust(probes: 8, factor: 3);
        for (var trial = 0; trial < 8; trial++)
        {
            var record = RecordOf(trial);
            record.Take(3, trial);
            trust.Take(record, from: 1, reached: 2, trial);
        }

        Assert.Equal(RungVerdict.Open, trust[1]);
        Assert.Equal(RungVerdict.Trusted, trust[3]);
    }

    private static RungRecord RecordOf(double value)
    {
        var record = new RungRecord([1, 3]);
        record.Take(1, value);
        return record;
    }

    private static Asha Adaptive() => new(new Asha.Options { MinSteps = 1 });
}
