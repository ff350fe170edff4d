using CsCheck;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>The arrows of the state machine are all there are: any other event throws and changes nothing.</summary>
public sealed class TrialMovesTests
{
    private static readonly Dictionary<TrialState, TrialState[]> Arrows = new()
    {
        [TrialState.Waiting] =
            [TrialState.Waiting, TrialState.Assigned, TrialState.Failed, TrialState.Cancelled, TrialState.Pruned],
        [TrialState.Assigned] =
        [
            TrialState.Assigned, TrialState.Running, TrialState.Waiting, TrialState.Paused, TrialState.Resting,
            TrialState.Completed, TrialState.Failed, TrialState.Invalid,
        ],
        [TrialState.Running] =
        [
            TrialState.Running, TrialState.Waiting, TrialState.Paused, TrialState.Resting,
            TrialState.Completed, TrialState.Failed, TrialState.Invalid,
        ],
        [TrialState.Paused] =
            [TrialState.Paused, TrialState.Waiting, TrialState.Failed, TrialState.Cancelled, TrialState.Pruned],
        [TrialState.Resting] =
            [TrialState.Resting, TrialState.Waiting, TrialState.Failed, TrialState.Cancelled, TrialState.Pruned],
        [TrialState.Completed] = [TrialState.Completed],
        [TrialState.Failed] = [TrialState.Failed],
        [TrialState.Pruned] = [TrialState.Pruned],
        [TrialState.Cancelled] = [TrialState.Cancelled],
        [TrialState.Invalid] = [TrialState.Invalid],
    };

    private static readonly Gen<AttemptOutcome> Outcomes = OneOf<AttemptOutcome>(
        new AttemptOutcome.Finished(new TrialResult()),
        new AttemptOutcome.Paused(2),
        new AttemptOutcome.Failed(FailureCause.Lost, "gone", 2),
        new AttemptOutcome.Failed(FailureCause.Nan, "nan", 2),
        new AttemptOutcome.Failed(FailureCause.Invalid, "no", 2));

    /// <summary>An event with an attempt and a number that fit, or are a little off.</summary>
    private static readonly Gen<Func<Trial, SweepEvent>> Events = Gen
        .Select(OneOf(-1, 0, 0, 0, 0, 1), OneOf(0, 1, 1, 1, 2), Gen.Int[0, 8], Outcomes)
        .SelectMany((late, ahead, step, outcome) => OneOf<Func<Trial, SweepEvent>>(
            trial => new SweepEvent.TrialLeased(A(0, trial.Attempt + 1 + late), "anna", "cpu:0", "here"),
            trial => new SweepEvent.AttemptStarted(A(0, trial.Attempt + late), trial.Sequence + ahead, 1, 0),
            trial => new SweepEvent.MetricReported(A(0, trial.Attempt + late), trial.Sequence + ahead, step, Values()),
            trial => new SweepEvent.CheckpointSaved(A(0, trial.Attempt + late), trial.Sequence + ahead, step, "folder", 1),
            trial => new SweepEvent.AttemptEnded(A(0, trial.Attempt + late), trial.Sequence + ahead, outcome, default),
            trial => new SweepEvent.AttemptEnded(
                A(0, trial.Attempt + late), trial.Sequence + 1, new AttemptOutcome.Rested(trial.Checkpoint?.Step ?? step), default),
            _ => new SweepEvent.TrialEnded(T(0), TrialState.Completed, null, null),
            _ => new SweepEvent.TrialEnded(T(0), TrialState.Failed, FailureCause.Nan, "nan"),
            _ => new SweepEvent.TrialEnded(T(0), TrialState.Invalid, FailureCause.Invalid, "no"),
            _ => new SweepEvent.TrialEnded(T(0), TrialState.Cancelled, null, null),
            _ => new SweepEvent.TrialEnded(T(0), TrialState.Pruned, null, null),
            _ => new SweepEvent.TrialPromoted(T(0)),
            trial => new SweepEvent.ReportRejected(A(0, trial.Attempt), trial.Sequence + ahead, RejectionReason.OutOfOrder, "no"),
            _ => new SweepEvent.SweepPaused("lunch", StopRunning: true),
            _ => new SweepEvent.SweepResumed(),
            _ => new SweepEvent.SweepEnded("done"),
            _ => new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("again"), [])));

    [Fact]
    public void Moves_only_along_arrows_and_an_impossible_event_changes_nothing()
    {
        var reached = new HashSet<(TrialState, TrialState)>();

        // Not sampled: that every arrow is reached must not be left to chance.
        var (histories, chance) = (Events.Array[1, 40], new PCG(1, 20260101));
        for (var history = 0; history < 6_000; history++)
        {
            var ledger = Ledger(Sweep(ranks: [1], seeds: [0]));
            ledger.Replay(new SweepEvent.SweepStarted(ledger.Spec));
            ledger.Replay(new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("corpus"), []));
            foreach (var each in histories.Generate(chance, null, out _))
            {
                var (state, before) = (ledger.StateOf(0), LedgerPicture.Of(ledger));
                try
                {
                    ledger.Replay(each(ledger.State.Trials[0]));
                    Assert.Contains(ledger.StateOf(0), Arrows[state]);
                    reached.Add((state, ledger.StateOf(0)));
                }
                catch (InvalidOperationException)
                {
                    Assert.Equal(before, LedgerPicture.Of(ledger));
                }
            }
        }

        // Dooms need a second trial and are left out here.
        var expected = Arrows.SelectMany(arrow => arrow.Value.Select(to => (arrow.Key, to)))
            .Except(
            [
                (TrialState.Waiting, TrialState.Failed), (TrialState.Paused, TrialState.Failed), (TrialState.Resting, TrialState.Failed),
            ]);
        Assert.Empty(expected.Except(reached));
    }

    [Fact]
    public void Refuses_events_of_a_sweep_that_has_not_begun_and_inputs_before_the_start()
    {
        var ledger = Ledger(Sweep(ranks: [1], seeds: [0]));

        var created = new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("corpus"), []);
        Assert.Throws<InvalidOperationException>(() => ledger.Replay(created));
        Assert.Throws<InvalidOperationException>(() => ledger.Ready(Anna));
        ledger.Start();
        Assert.Throws<InvalidOperationException>(() => ledger.Replay(new SweepEvent.SweepPaused("lunch", StopRunning: false)));
    }

    private static Gen<T> OneOf<T>(params T[] each) => Gen.Int[0, each.Length - 1].Select(index => each[index]);
}
