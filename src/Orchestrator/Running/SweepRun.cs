using System.Collections.Immutable;
using Adapters.Runtime;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Orchestrator.Asking;
using Orchestrator.Commands;
using Orchestrator.Observability;
using Orchestrator.Reading;
using Orchestrator.Serving;
using Orchestrator.Terminal;
using Serilog.Extensions.Logging;
using Spectre.Console;

namespace Orchestrator.Running;

/// <summary>Runs a sweep to its end, or until it is interrupted, with the coordinator in this process.</summary>
internal sealed class SweepRun(CommandContext context, Settings settings, RunRequest request)
{
    private readonly Surroundings _surroundings = context.Surroundings;
    private readonly Output _output = new(context.Surroundings, settings);

    /// <summary>Starts the sweep of the file or goes on with it; the answer is the comparison of its methods.</summary>
    /// <param name="address">Address that workers of other machines reach it by.</param>
    /// <param name="port">Port to listen on; 0 for any.</param>
    /// <param name="localWorkers">Whether devices of this machine work too.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string address = "127.0.0.1", int port = 0, bool localWorkers = true)
    {
        var catalogue = context.Catalogue();
        var spec = SweepFile.Read(Path.GetFullPath(request.File, _surroundings.Folder), catalogue, request.Overrides);
        using var interruption = new Interruption(() => _output.Note("Saving. Ctrl-C again stops at once."));
        using var log = Logging.Create(LogSettings.Of(settings, "coordinator") with
        {
            Seq = request.Seq is { } seq ? SettingsFile.SeqAddress(seq, "--seq") : settings.Seq,
        });
        using var logging = new SerilogLoggerFactory(log);

        SweepOutcome outcome;
        CoordinatorHost host = null!; // there before the socket asks for it
        await using (var view = View())
        await using (var watch = new SweepWatch(spec.Name, view, new EventLog(log), _surroundings.Time))
        {
            var coordinator = new CoordinatorSettings
            {
                Sweep = spec.Name,
                CreateLedger = () => new SweepLedger(spec, catalogue),
                FindEarlier = store => EarlierSweeps.Find(spec, catalogue, store),
                OpenStore = () => OpenStore(spec.Name),
                Beside = store => ServeAsync(spec, store, new CoordinatorDesk(() => host.Client, settings.Data)),
                DataFolder = settings.Data,
                Notices = watch.Notices,
                Logging = logging,
                Host = address,
                Port = port,
                Devices = localWorkers && !spec.IsExternal ? Names(Slots(spec)) : [],
                ThreadsPerWorker = Slots(spec).Min(device => device.Threads),
                Trains = spec.Tasks.Any(block => block.IsTraining),
            };
            host = new CoordinatorHost(coordinator, _surroundings.Time);
            outcome = await host.RunAsync(interruption.Save, interruption.Now);
        }

        if (!outcome.IsComplete && (interruption.Save.IsCancellationRequested || interruption.Now.IsCancellationRequested))
        {
            _output.Note($"Stopped. This goes on with it: {Continuation()}");
            return interruption.Terminated ? ExitCode.Terminated : ExitCode.Interrupted;
        }

        return await AnswerAsync(spec.Name, outcome);
    }

    private async Task<int> AnswerAsync(string name, SweepOutcome outcome)
    {
        using var reader = await context.Sweeps(settings.Data, CancellationToken.None);
        var sweep = await reader.Read(name, CancellationToken.None);
        if (request.Compares)
            _output.Write(MethodComparison.Of(sweep.Spec, sweep.Trials), ReportJson.Of, ComparisonTables.Of);
        if (!outcome.IsComplete)
        {
            _output.Note($"Not at the end: {outcome.Reason.TrimEnd('.')}. " + (outcome.Raise is { } raise
                ? $"With more it goes on: {Continuation(raise)}"
                : $"This goes on with it: {Continuation()}"));
            return ExitCode.NotAtTheEnd;
        }

        return sweep.Trials.Any(trial => trial.State is TrialState.Failed or TrialState.Invalid) ? ExitCode.NotAllGood : ExitCode.Ok;
    }

    private async Task<IAsyncDisposable?> ServeAsync(SweepSpec spec, StoreWriter store, ITrialDesk desk)
    {
        var server = await SweepServer.StartAsync(settings.Data, new OwnedStoreReader(store), _output.Note, desk);
        if (spec.IsExternal)
            _output.Note($"Trials are given to whoever asks: orchestrator ask {spec.Name}");
        return server;
    }

    private LiteDbStore OpenStore(string sweep)
    {
        var store = LiteDbStore.Open(settings.Data, _output.Note);
        var names = store.Sweeps().Select(summary => summary.Name).ToHashSet();
        if (request.Fresh && names.Contains(sweep))
        {
            var aside = Enumerable.Range(1, int.MaxValue).Select(number => $"{sweep}@{number}");
            store.Rename(sweep, aside.First(name => !names.Contains(name)));
        }

        return store;
    }

    private IReadOnlyList<ComputeDevice> Slots(SweepSpec spec) => Devices.Find(request.Slots ?? spec.Resources.Slots);

    private static ImmutableArray<string> Names(IEnumerable<ComputeDevice> devices) => [.. devices.Select(device => device.Name)];

    private ISweepView View()
    {
        if (settings.Verbosity == Verbosity.Quiet)
            return new LineView(TextWriter.Null);
        if (!_surroundings.ErrorIsTerminal)
            return new LineView(_surroundings.Error);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_surroundings.Error) });
        return new LiveView(console, _surroundings.Time);
    }

    /// <param name="raise">What to set besides.</param>
    private string Continuation(string? raise = null) => $"orchestrator run {request.File}"
        + string.Concat(request.Overrides.Select(set => $" --set {set}"))
        + (raise is null ? "" : $" --set {raise}")
        + (request.Slots is { } slots ? $" --slots {slots}" : "")
        + (request.Seq is { } seq ? $" --seq {seq}" : "")
        + (settings.Data == Path.Combine(_surroundings.Folder, ".orchestrator") ? "" : $" --data {settings.Data}");
}
