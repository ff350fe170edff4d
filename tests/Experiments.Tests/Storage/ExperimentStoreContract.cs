using System.Collections.Immutable;
using Experiments.Schedulers;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Tests.Trials;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Storage.StoredHistory;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Storage;

/// <summary>What every store promises. A heir says how one is opened, and opened again.</summary>
public abstract class ExperimentStoreContract
{
    /// <summary>Opens the store of this test, with all that was appended to it before.</summary>
    protected abstract IExperimentStore Open();

    [Fact]
    public void A_new_store_has_nothing_in_it()
    {
        using var store = Open();

        Assert.Empty(store.Sweeps());
        Assert.Empty(store.Read("nothing"));
        Assert.Contains("'nothing'", Assert.Throws<StoreException>(() => store.Trials("nothing")).Message, StringComparison.Ordinal);
        Assert.Throws<StoreException>(() => store.Metrics("nothing", T(0)));
        Assert.Throws<StoreException>(() => store.SpecOf("nothing"));
    }

    [Fact]
    public void Reads_back_what_was_appended_as_it_was_also_after_opening_again()
    {
        var events = Record("example", 1, EveryEvent());

        IReadOnlyList<RecordedEvent> live;
        using (var store = Open())
        {
            store.Append(events);
            live = [.. store.Read("example")];
        }

        using var reopened = Open();
        Assert.Equal(events.Select(Picture), live.Select(Picture));
        Assert.Equal(events.Select(Picture), reopened.Read("example").Select(Picture));
    }

    [Fact]
    public void Reads_on_after_any_number_across_batches_of_any_size()
    {
        using var store = Open();
        var events = Record("example", 1, Endless().Take(700));
        for (var (from, size) = (0, 1); from < events.Length; from += size, size = size % 400 * 3 + 1)
            store.Append(events[from..Math.Min(events.Length, from + size)]);

        var numbers = Enumerable.Range(1, 700).Select(number => (long)number).ToList();
        foreach (var after in new[] { 0, 1, 2, 255, 256, 257, 431, 698, 699, 700, 900 })
            Assert.Equal(numbers.Skip(after), store.Read("example", after).Select(each => each.Number));
    }

    [Fact]
    public void Every_opening_has_a_higher_term()
    {
        var terms = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            using var store = Open();
            terms.Add(store.Term);
        }

        Assert.Equal([1, 2, 3], terms);
    }

    [Fact]
    public void Keeps_sweeps_apart_also_when_one_commit_brings_several()
    {
        using (var store = Open())
        {
            store.Append([.. Record("b", 1, Endless().Take(6)), .. Record("a", 1, Endless().Take(5))]);
            store.Append([.. Record("a", 6, Endless().Skip(5).Take(3)), .. Record("c", 1, Endless().Take(1))]);
        }

        using var reopened = Open();
        Assert.Equal([("b", 6L), ("a", 8L), ("c", 1L)], reopened.Sweeps().Select(sweep => (sweep.Name, sweep.LastEvent)));
        Assert.Equal(8, reopened.Read("a").Count());
        Assert.Equal(4, reopened.Metrics("a", T(0)).Count);
        Assert.Equal(2, reopened.Metrics("b", T(0)).Count);
        Assert.Empty(reopened.Trials("c"));
    }

    [Fact]
    public void Refuses_a_number_that_does_not_come_next_and_keeps_nothing_of_that_call()
    {
        using var store = Open();
        store.Append(Record("example", 1, Endless().Take(5)));

        Assert.Throws<ArgumentException>(() => store.Append(Record("example", 7, Endless().Skip(5).Take(1))));
        Assert.Throws<ArgumentException>(() => store.Append(Record("example", 5, Endless().Skip(5).Take(1))));
        store.Append(Record("example", 6, Endless().Skip(5).Take(1)));

        Assert.Equal(6, store.Read("example").Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_rows_say_at_each_moment_what_the_ledger_says(bool isPopulation)
    {
        var recorded = Record("example", 1, isPopulation ? Populations() : Disturbed());
        var spec = ((SweepEvent.SweepStarted)recorded[0].Event).Spec;
        var ledger = Ledger(
            spec, SchedulerCatalogue.Create(spec.Scheduler), null,
            ("composition", [new("corpus", []), new("base/nano", ["corpus"])]));
        using var store = Open();

        foreach (var each in recorded)
        {
            store.Append([each]);
            ledger.Replay(each.Event);
            if (each.Event is SweepEvent.AttemptEnded { Outcome: not AttemptOutcome.Paused })
                continue; // the trial's end, if it is one, comes next

            var sweep = Assert.Single(store.Sweeps());
            Assert.Equal(ledger.Counts, sweep.Trials);
            Assert.Equal(ledger.Ended ?? (ledger.Paused is null ? "running" : "paused"), sweep.State);
            Assert.Equal(
                ledger.State.Trials.Select(trial => (trial.Id, trial.Work, trial.Needs, trial.State, trial.Attempt, trial.Step)),
                store.Trials("example").Select(row => (row.Trial, row.Work, row.Needs, row.State, row.Attempt, row.Step)));
        }
    }

    [Fact]
    public void A_row_tells_from_whom_a_trial_went_on_and_with_what()
    {
        var recorded = Record("example", 1, Populations());
        var exploits = recorded.Select(each => each.Event).OfType<SweepEvent.TrialExploited>().ToLookup(exploited => exploited.Trial);
        using (var store = Open())
            store.Append(recorded);
        using var again = Open();

        foreach (var row in again.Trials("example"))
        {
            var own = recorded.Select(each => each.Event).OfType<SweepEvent.TrialCreated>().First(created => created.Trial == row.Trial);
            Assert.Equal(
                exploits[row.Trial].Select(each => (each.Donor, each.Checkpoint.Step, each.Configuration)),
                row.Segments.Skip(1).Select(segment => (segment.Donor!.Value, segment.DonorStep, segment.Configuration)));
            if (row.Segments.Count > 0)
                Assert.Equal(new TrialSegment(0, null, 0, ((TrialWork.Train)own.Work).Configuration), row.Segments[0]);
        }

        Assert.NotEmpty(exploits);
    }

    [Fact]
    public void A_row_holds_what_a_trial_came_to()
    {
        using var store = Open();
        var result = new TrialResult { Metrics = Values(("test_dice", 0.5)), Steps = 3, TrainableParameters = 7, Artefact = "t0" };
        store.Append(Record("example", 1,
        [
            new SweepEvent.SweepStarted(Spec),
            new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("corpus"), []),
            new SweepEvent.TrialCreated(T(1), new TrialWork.Prepare("base"), []),
            new SweepEvent.TrialLeased(A(0, 1), "anna", "cpu:0", "here"), // at second 4
            new SweepEvent.AttemptStarted(A(0, 1), 1, 7, 0), // its last report
            new SweepEvent.AttemptEnded(A(0, 1), 1, new AttemptOutcome.Failed(FailureCause.Lost, "gone", 1), default), // at second 6
            new SweepEvent.TrialLeased(A(0, 2), "ben", "cpu:1", "there"),
            new SweepEvent.AttemptEnded(A(0, 2), 1, new AttemptOutcome.Finished(result), TimeSpan.FromSeconds(10)),
            new SweepEvent.TrialEnded(T(0), TrialState.Completed, null, null),
            new SweepEvent.TrialEnded(T(1), TrialState.Failed, FailureCause.Error, "broken\n   at Somewhere"),
        ]));

        var rows = store.Trials("example");

        Assert.Equal((TrialState.Completed, 2, "cpu:1", "there", TimeSpan.FromSeconds(11)),
            (rows[0].State, rows[0].Attempt, rows[0].Device, rows[0].Node, rows[0].Elapsed));
        Assert.Equal((result.Artefact, 0.5), (rows[0].Result!.Artefact, rows[0].Result!.Metrics["test_dice"]));
        Assert.Equal((TrialState.Failed, FailureCause.Error, "broken"), (rows[1].State, rows[1].Cause, rows[1].Message));
        Assert.Equal(Noon.AddSeconds(1), Assert.Single(store.Sweeps()).Started);
    }

    [Fact]
    public void A_sweep_goes_by_the_specification_that_it_was_given_last()
    {
        using (var store = Open())
        {
            store.Append(Record("example", 1, new SweepEvent.SweepStarted(Spec)));
            Assert.Equal(Spec, store.SpecOf("example"));
            store.Append(Record("example", 2, new SweepEvent.SpecExtended(Spec with { Trials = 44 }), new SweepEvent.SweepEnded("done")));
        }

        using var reopened = Open();
        Assert.Equal(Spec with { Trials = 44 }, reopened.SpecOf("example"));
    }

    [Fact]
    public void Metrics_come_by_step_those_of_one_step_together_and_none_from_a_retry_that_brought_nothing()
    {
        using var store = Open();
        store.Append(Record("example", 1, Endless().Take(6)));
        store.Append(Record("example", 7,
        [
            new SweepEvent.MetricReported(A(0, 1), 4, 3, Values(("loss", double.NaN))),
            new SweepEvent.MetricReported(A(0, 1), 5, 2, Values(("dice", double.PositiveInfinity))),
            new SweepEvent.MetricReported(A(0, 1), 6, 2, Values()),
        ]));

        var metrics = store.Metrics("example", T(0));

        Assert.Equal(["1 loss=1", "2 dice=Infinity loss=0.5", "3 loss=NaN"], metrics.Select(row => $"{row.Step} {All(row.Values)}"));
    }

    [Fact]
    public void A_renamed_sweep_keeps_its_history_and_leaves_its_name_to_another()
    {
        using (var store = Open())
        {
            store.Append(Record("example", 1, Endless().Take(6)));
            store.Append(Record("other", 1, Endless().Take(1)));

            Assert.Throws<StoreException>(() => store.Rename("example", "other"));
            Assert.Throws<StoreException>(() => store.Rename("nobody", "new"));
            store.Rename("example", "example@1");
            store.Append(Record("example", 1, Endless().Take(2)));
            store.Append(Record("example@1", 7, Endless().Skip(6).Take(1)));
        }

        using var reopened = Open();
        Assert.Equal([("example@1", 7L), ("other", 1L), ("example", 2L)], reopened.Sweeps().Select(sweep => (sweep.Name, sweep.LastEvent)));
        Assert.All(reopened.Read("example@1"), each => Assert.Equal("example@1", each.Sweep));
        Assert.Equal(3, reopened.Metrics("example@1", T(0)).Count);
    }

    [Fact]
    public void Appends_while_its_events_are_being_read()
    {
        using var store = Open();
        store.Append(Record("example", 1, Endless().Take(10)));
        var next = 11;

        foreach (var _ in store.Read("example").Take(10))
            store.Append(Record("other", next - 10, Endless().Skip(next++ - 11).Take(1)));

        Assert.Equal(10, store.Read("other").Count());
    }

    /// <summary>One of each kind of event, and of each kind within.</summary>
    private static IEnumerable<SweepEvent> EveryEvent()
    {
        var train = new TrialWork.Train(0, "mole", 1, ListedSampler.Value("rank", new ParameterValue.Real(0.1)), 1, ulong.MaxValue);
        var metrics = Values(("dice", 0.1), ("loss", double.NegativeInfinity));
        var result = new TrialResult { Metrics = metrics, PeakMemoryBytes = long.MaxValue };
        return
        [
            new SweepEvent.SweepStarted(Spec),
            new SweepEvent.SpecExtended(Spec with { Trials = null }),
            new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("base/nano"), []),
            new SweepEvent.TrialCreated(T(1), train, [T(0)], Held: true),
            new SweepEvent.TrialLeased(A(0, 1), "anna", "cuda:0", "gpu-a"),
            new SweepEvent.AttemptStarted(A(0, 1), 1, 4711, 0),
            new SweepEvent.MetricReported(A(0, 1), 2, 10, Values(("loss", double.NaN), ("step_ms", 1e-300))),
            new SweepEvent.CheckpointSaved(A(0, 1), 3, 10, "t0/1-10", 1L << 40),
            new SweepEvent.ReportRejected(A(0, 1), 4, RejectionReason.Nondeterminism, "loss: \"0.5\" ≠ 0.4"),
            new SweepEvent.SweepPaused("a lunch", StopRunning: true, AtLimit: true),
            new SweepEvent.AttemptEnded(A(0, 1), 4, new AttemptOutcome.Paused(10), TimeSpan.FromTicks(12345)),
            new SweepEvent.SweepResumed(),
            new SweepEvent.TrialLeased(A(0, 2), "anna", "cuda:0", "gpu-a"),
            new SweepEvent.AttemptEnded(A(0, 2), 1, new AttemptOutcome.Failed(FailureCause.Io, "line one\nline two", null), default),
            new SweepEvent.TrialLeased(A(0, 3), "anna", "cuda:0", "gpu-a"),
            new SweepEvent.AttemptEnded(A(0, 3), 1, new AttemptOutcome.Finished(result), TimeSpan.FromHours(30)),
            new SweepEvent.TrialEnded(T(0), TrialState.Completed, null, null),
            new SweepEvent.TrialEnded(T(1), TrialState.Failed, FailureCause.Oom, "24 GB"),
            new SweepEvent.SweepEnded("done"),
        ];
    }

    /// <summary>A record says all it holds but for the values of its dictionaries.</summary>
    private static string Picture(RecordedEvent recorded) => $"{recorded} {recorded.Event switch
    {
        SweepEvent.MetricReported metric => All(metric.Values),
        SweepEvent.AttemptEnded { Outcome: AttemptOutcome.Finished finished } => All(finished.Result.Metrics),
        SweepEvent.SweepStarted started => started.Spec == Spec,
        SweepEvent.SpecExtended extended => extended.Spec == Spec with { Trials = null },
        SweepEvent.TrialCreated { Work: TrialWork.Train train } created => $"{train.Configuration} {created.Needs[0]}",
        _ => "",
    }}";

    private static string All(ImmutableSortedDictionary<string, double> values) =>
        string.Join(' ', values.Select(value => FormattableString.Invariant($"{value.Key}={value.Value:R}")));
}
