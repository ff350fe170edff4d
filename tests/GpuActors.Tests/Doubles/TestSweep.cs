using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Tests.Doubles;

/// <summary>A sweep of a few trials that need nothing and differ by a number.</summary>
internal static class TestSweep
{
    public const string Name = "s";

    public static SweepSpec Of(int trials, Limits? limits = null) => new()
    {
        Name = Name,
        Trials = trials,
        Limits = limits ?? new Limits(),
        Tasks =
        [
            new TaskBlock
            {
                Task = "task",
                Size = "smoke",
                Base = "base",
                Metric = "score",
                Maximize = true,
                Methods = [new MethodEntry { Name = "lora", Method = "lora", Space = new SearchSpace([]) }],
            },
        ],
    };

    public static ICatalogue Catalogue { get; } = new NoCatalogue();

    public static SweepLedger Ledger(SweepSpec spec, ISampler? sampler = null) =>
        new(spec, Catalogue, sampler ?? new Counting(), new FifoScheduler());

    private sealed class Counting : ISampler
    {
        public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
            new([KeyValuePair.Create<string, ParameterValue>("index", new ParameterValue.Integer(index))]);

        public long? Count(SearchSpace space) => null;
    }

    private sealed class NoCatalogue : ICatalogue
    {
        public IReadOnlyList<MethodDescription> Methods => [];

        public IReadOnlyList<TaskDescription> Tasks => [];

        public IReadOnlyList<BaseDescription> Bases => [];

        public IReadOnlyList<OptionDescription> TrainingOptions => [];

        public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) => [];
    }
}
