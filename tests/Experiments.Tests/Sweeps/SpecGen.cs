using CsCheck;
using Experiments.Sweeps;

namespace Experiments.Tests.Sweeps;

/// <summary>Sweeps that could have come out of a file.</summary>
internal static class SpecGen
{
    private static readonly Gen<ParameterValue> _rank = Gen.Long[1, 64].Select(value => (ParameterValue)new ParameterValue.Integer(value));

    private static readonly Gen<ParameterValue> _rate =
        Gen.Double[1e-9, 900].Select(value => (ParameterValue)new ParameterValue.Real(value));

    private static readonly Gen<Domain> _ofRank = Gen.OneOf<Domain>(
        _rank.Select(value => (Domain)new Domain.Fixed(value)),
        _rank.HashSet[1, 5].Select(values => (Domain)new Domain.Choice([.. values])),
        _rank.HashSet[1, 5].Select(values => (Domain)new Domain.Ordinal([.. values])),
        Gen.Select(Gen.Long[1, 50], Gen.Long[0, 50], Gen.Bool, (low, more, log) => (Domain)new Domain.Int(low, low + more, log)),
        Gen.Select(Gen.Long[1, 50], Gen.Long[0, 50], Gen.Long[1, 9], (low, more, step) =>
            (Domain)new Domain.Int(low, low + more, Step: step)),
        Gen.Select(Gen.Long[1, 50], Gen.Long[0, 50], Gen.Int[2, 9], (low, more, points) =>
            (Domain)new Domain.Int(low, low + more, true, null, points)));

    private static readonly Gen<Domain> _ofRate = Gen.OneOf<Domain>(
        _rate.Select(value => (Domain)new Domain.Fixed(value)),
        _rate.HashSet[1, 5].Select(values => (Domain)new Domain.Choice([.. values])),
        Gen.Select(Gen.Double[1e-9, 1], Gen.Double[0, 1], Gen.Bool, (low, more, log) => (Domain)new Domain.Float(low, low + more, log)),
        Gen.Select(Gen.Double[1e-9, 1], Gen.Double[0, 1], Gen.Int[2, 9], (low, more, points) =>
            (Domain)new Domain.Float(low, low + more, true, null, points)),
        Gen.Select(Gen.Double[0, 1], Gen.Double[0.1, 1], Gen.Double[0.01, 1], (low, more, step) =>
            (Domain)new Domain.Float(low, low + more, false, step)));

    private static readonly Gen<SearchSpace> _space = Gen.Select(_ofRank, _ofRate, Gen.Bool, Gen.Bool, (rank, rate, isShort, isBound) =>
    {
        var text = (string value) => (ParameterValue)new ParameterValue.Text(value);
        var optimizer = new Parameter("optimizer", new Domain.Choice([text("adamw"), text("sgd")]));
        var onSgd = new Condition("optimizer", [text("sgd")]);
        return new SearchSpace(isShort
            ? [new Parameter("rank", rank)]
            : [new Parameter("rank", rank), optimizer, new Parameter("learning_rate", rate, isBound ? [onSgd] : [])],
            isBound && !isShort ? [new Constraint("rank > 0 or optimizer == 'sgd'"), new Constraint("rank <= 64")] : []);
    });

    public static Gen<SweepSpec> Sweeps { get; } = Gen.Select(
        _space, _space, Gen.Int[0, 1_000_000], Gen.Int[0, 999].HashSet[1, 6], Gen.Int[12, 500], Gen.Int[0, 100_000], Gen.Bool,
        (first, second, seed, seeds, trials, minutes, isFree) => new SweepSpec
        {
            Name = $"sweep-{seed}",
            Seed = seed,
            Seeds = [.. seeds],
            Trials = trials,
            Tasks =
            [
                new TaskBlock
                {
                    Task = "lesions", Size = "smoke", Base = "sam-tiny", Metric = "jaccard", Maximize = isFree,
                    Methods =
                    [
                        new MethodEntry { Name = "lora", Method = "lora", Space = first },
                        new MethodEntry { Name = "lora-2", Method = "lora", Space = second },
                    ],
                },
            ],
            Limits = minutes == 0
                ? new Limits()
                : new Limits
                {
                    Wall = TimeSpan.FromMinutes(minutes),
                    Trial = TimeSpan.FromSeconds(minutes),
                    DeviceTime = isFree ? null : TimeSpan.FromHours(minutes),
                    Cost = isFree ? minutes / 7.0 : null,
                    PricePerDeviceHour = isFree ? 2.5 : null,
                    AtLimit = isFree ? AtLimit.Drain : AtLimit.Stop,
                },
            Resources = isFree ? new Resources() : new Resources { Slots = 1 + minutes, Devices = ["cuda:1"] },
            Compare = new ComparisonSpec
            {
                Reference = "lora-2",
                Confidence = (1 + seed % 98) / 100.0,
                Claims = isFree
                    ? []
                    :
                    [
                        new Claim { Text = "one: better", Better = ["lora"], Than = ["lora-2"], Margin = minutes / 8.0 },
                        new Claim
                        {
                            Text = "together",
                            Source = "arXiv:2106.09685, table 2",
                            Better = ["lora"],
                            Than = ["lora-2"],
                            Metric = new Objective(TrialCosts.Seconds, Maximize: false),
                        },
                    ],
            },
            Retries = minutes,
        });
}
