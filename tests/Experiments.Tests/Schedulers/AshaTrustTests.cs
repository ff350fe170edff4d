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

        // 28 pairs, of which the five of trial 5 with those before it turn: (23 - 5) / 28 = 0.64.
        Assert.Equal([.. Probes, "8>81"], sweep.Trace);
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
            trust.Take(RecordOf(trial), 1, trial);
        Assert.Equal(RungVerdict.Trusted, trust[1]);

        for (var trial = 8; trial < 16; trial++)
            trust.Take(RecordOf(trial), 1, -trial);

        Assert.Equal(RungVerdict.Misleading, trust[1]);
        Assert.Equal(RungVerdict.Open, trust[3]);
    }

    private static RungRecord RecordOf(double value)
    {
        var record = new RungRecord([1, 3]);
        record.Take(1, value);
        return record;
    }

    private static Asha Adaptive() => new(new Asha.Options { MinSteps = 1 });
}
