using Experiments.Sweeps;

namespace Orchestrator.Tests.Commands;

/// <summary>A catalogue of two methods and a task, so that pages of it do not change with the product's.</summary>
internal sealed class SmallCatalogue : ICatalogue
{
    public IReadOnlyList<MethodDescription> Methods { get; } =
    [
        new("lora", "A low-rank update beside a frozen weight.", "Hu et al. 2021, arXiv:2106.09685",
            [
                new("alpha", OptionKind.Real, new ParameterValue.Real(16), 0, null, [],
                    "Scale numerator; the update is multiplied by alpha / rank."),
                new("rank", OptionKind.Integer, new ParameterValue.Integer(8), 1, 1024, [], "Inner dimension of the two factors."),
                new("target", OptionKind.TextList, null, null, null, [],
                    "Layers that are adapted; those of the family where none are named."),
            ], [], ComposesExperts: false, Trains: true, ParametersPerLayer: "rank * (in + out)",
            Costs: new("rank * (in + out)", ToMerge: "rank * in * out")),
        new("mole", "Gates over adapters that others trained.", "Wu et al. 2024, arXiv:2404.13628",
            [
                new("gate", OptionKind.Text, new ParameterValue.Text("softmax"), null, null, ["softmax", "flat"],
                    "How gates are normalised."),
            ],
            ["llama", "sam"], ComposesExperts: true, Trains: true),
    ];

    public IReadOnlyList<TaskDescription> Tasks { get; } =
    [
        new("lesions", "Segment lesions in drawn images.", [], ["smoke", "quickstart"], ["sam"], "sam-nano", "dice",
            Maximize: true, ["dice", "iou"]),
    ];

    public IReadOnlyList<BaseDescription> Bases { get; } = [new("sam-nano", "A small SAM.", "sam", 90_000)];

    public IReadOnlyList<OptionDescription> TrainingOptions { get; } =
        [
            new("steps", OptionKind.Integer, new ParameterValue.Integer(100), 0, null, [], "Optimizer steps of a full trial."),
            new("learning_rate", OptionKind.Real, new ParameterValue.Real(0.001), 1e-9, 10, [], "Step size at its highest."),
        ];

    public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) =>
        [new($"base/{baseModel}", [])];
}
