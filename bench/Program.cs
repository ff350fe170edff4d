using Adapters.Runtime;
using Bench;
using Bench.Orchestration;
using Bench.Samplers;

// bench [NAME…] [--out FOLDER]: without a name all of them, one after the other, on one thread.
var option = Array.IndexOf(args, "--out");
var folder = option >= 0 && option + 1 < args.Length ? args[option + 1] : Path.Combine(".orchestrator", "bench");

var benches = new Dictionary<string, Func<Report>>
{
    ["step"] = OnTorch(StepBench.Run),
    ["attention"] = OnTorch(AttentionBench.Run),
    ["regions"] = OnTorch(RegionBench.Run),
    ["schedulers"] = SchedulerBench.Run,
    ["populations"] = PopulationBench.Run,
    ["samplers"] = SamplersBench.Run,
    ["suggestions"] = SuggestionsBench.Run,
    ["warm-start"] = WarmStartBench.Run,
    ["search"] = () => SearchCurves.Run(folder),
    ["commands"] = CommandBench.Run,
    ["ledger"] = LedgerBench.Run,
    ["orchestration"] = OrchestrationBench.Run,
    ["reopening"] = ReopeningBench.Run,
};

var names = option >= 0 ? [.. args[..option], .. args.Skip(option + 2)] : args;
if (names.FirstOrDefault(name => !benches.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no bench '{unknown}'; there are {string.Join(", ", benches.Keys)}.");
    return 2;
}

foreach (var name in names.Length == 0 ? [.. benches.Keys] : names)
{
    var report = benches[name]();
    report.Print(Console.Out);
    Console.WriteLine($"written to {report.Write(folder)}\n");
}
return 0;

static Func<Report> OnTorch(Func<Report> bench) => () =>
{
    TorchRuntime.Initialize(threads: 1);
    return bench();
};
