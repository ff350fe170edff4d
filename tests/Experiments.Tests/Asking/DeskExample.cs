using Experiments.Asking;
using Experiments.Storage;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Experiments.Trials;

namespace Experiments.Tests.Asking;

/// <summary>A desk over a sweep whose events are kept in memory, and a clock that a test moves.</summary>
internal sealed class DeskExample
{
    /// <summary>Two trials of five steps that the scheduler lets run through.</summary>
    public const string Two = """
        workload: external
        metric: { name: loss, goal: minimize }
        trials: 2
        parameters: { rate: { low: 0.1, high: 1.0 }, steps: 5 }
        """;

    /// <summary>Four trials of six steps that are compared at 2 and 4, of which the worst goes over to the best.</summary>
    public const string Population = """
        workload: external
        metric: { name: loss, goal: minimize }
        trials: 4
        scheduler: { type: pbt, interval: 2 }
        parameters: { rate: { low: 0.1, high: 1.0 }, steps: 6 }
        """;

    /// <summary>Three trials of nine steps with a rung at 3, of which the best goes on.</summary>
    public const string Rungs = """
        workload: external
        metric: { name: loss, goal: minimize }
        trials: 3
        scheduler: { type: asha, reduction_factor: 3, min_steps: 3, probes: 0 }
        parameters: { rate: { low: 0.1, high: 1.0 }, steps: 9 }
        """;

    private readonly List<RecordedEvent> _recorded = [];

    private DeskExample(SweepSpec spec, IReadOnlyList<RecordedEvent> recorded, DateTimeOffset now)
    {
        Ledger = new SweepLedger(spec, new CatalogueDouble());
        (Desk, Now) = (new TrialDesk(Ledger, FolderOf), now);
        foreach (var each in recorded)
        {
            Ledger.Replay(each.Event);
            Desk.Apply(each);
            _recorded.Add(each);
        }

        Record(Ledger.Start());
    }

    public SweepLedger Ledger { get; }

    public TrialDesk Desk { get; }

    public DateTimeOffset Now { get; set; }

    public IEnumerable<SweepEvent> Events => _recorded.Select(recorded => recorded.Event);

    /// <summary>Checkpoints that were let go.</summary>
    public List<string> Deleted { get; } = [];

    public static DeskExample Of(string file) => new(Spec(file), [], new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public static SweepSpec Spec(string file) => SweepFile.Parse(file, "tune.yaml", new CatalogueDouble());

    /// <summary>The same sweep in another process: what is recorded, and nothing else.</summary>
    public DeskExample Restarted() => new(Ledger.Spec, _recorded, Now);

    public AskAnswer Ask(string asker = "anna", int minutes = 60)
    {
        var (step, answer) = Desk.Ask(new AskRequest("tune", asker, TimeSpan.FromMinutes(minutes), "here"), Now);
        Record(step);
        return answer;
    }

    /// <summary>Tells of a trial; without an attempt, of its first.</summary>
    public TellAnswer Tell(
        int trial, double? loss = null, int? step = null, int? attempt = 1, TellEnd end = TellEnd.None, string? folder = null,
        string name = "loss")
    {
        var request = new TellRequest
        {
            Sweep = "tune",
            Trial = new TrialId(trial),
            Attempt = attempt,
            Step = step,
            Checkpoint = folder is null ? null : new CheckpointFolder(folder, 7),
            End = end,
            Message = end == TellEnd.Failed ? "it broke" : null,
        };
        var (decided, answer) = Desk.Tell(loss is { } value ? request with { Values = request.Values.Add(name, value) } : request, Now);
        Record(decided);
        return answer;
    }

    private static string FolderOf(AttemptId attempt, int? step) => step is null ? $"folder/{attempt.Trial}" : $"folder/{attempt}/{step}";

    public TrialState StateOf(int trial) => Ledger.Find(new TrialId(trial))!.State;

    private void Record(LedgerStep step)
    {
        Deleted.AddRange(step.Effects.OfType<LedgerEffect.DeleteCheckpoints>().SelectMany(effect => effect.Folders));
        foreach (var decided in step.Events)
        {
            var recorded = new RecordedEvent("tune", _recorded.Count + 1, Now, decided);
            _recorded.Add(recorded);
            Desk.Apply(recorded);
        }
    }
}
