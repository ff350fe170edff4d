using Experiments.Sweeps;

namespace Experiments.Tests.Sweeps;

/// <summary>A catalogue like that of the product, but fixed: messages and schemas in these tests don't move with it.</summary>
internal sealed class CatalogueDouble : ICatalogue
{
    private static readonly EquatableArray<OptionDescription> _lora =
    [
        Integer("rank", 8, 1, 4096, "Inner dimension r; adds r·(in + out) parameters a layer."),
        Real("alpha", 16, 0, 1e6, "Scale numerator; the update is multiplied by alpha / rank."),
        Real("dropout", 0, 0, 0.99, "Share of the branch's inputs that is dropped in training."),
        new("targets", OptionKind.TextList, null, null, null, [], "Names of the adapted layers; default: the family's."),
        Flag("rslora", false, "Whether the update is scaled by alpha / √rank."),
    ];

    public IReadOnlyList<MethodDescription> Methods { get; } =
    [
        new("base", "The base model as it is.", "", [], [], ComposesExperts: false, Trains: false),
        new("conv-lora", "LoRA with convolutions at several scales.", "Zhong et al. 2024, arXiv:2401.17868",
            [
                .. _lora,
                Integer("experts", 8, 1, 64, "Scales, each with a convolution of its own."),
                Integer("top_k", 1, 1, 64, "Experts that run for an image."),
                Text("combine", "sum", ["sum", "log-sum-exp"], "How several experts are added up."),
            ],
            ["sam", "vit"], ComposesExperts: false, Trains: true),
        new("full", "Every parameter is trained.", "", [], [], ComposesExperts: false, Trains: true),
        new("longlora", "LoRA with shifted sparse attention.", "Chen et al. 2023, arXiv:2309.12307",
            [
                .. _lora,
                Integer("group", 64, 2, 1_000_000, "Positions in a group of the sparse attention."),
                Text("shift", "split", ["split", "wrap"], "What happens to a shifted group at the end."),
            ],
            ["llama"], ComposesExperts: false, Trains: true),
        new("lora", "Low-rank update of frozen layers.", "Hu et al. 2021, arXiv:2106.09685", _lora, [], false, Trains: true),
        new("mole", "Gates over trained LoRAs.", "Wu et al. 2024, arXiv:2404.13628",
            [
                Text("gates", "block", ["matrix", "layer", "block", "network"], "What shares a gate."),
                Real("balance", 0.5, 0, 100, "Weight of the balance loss."),
            ],
            ["llama"], ComposesExperts: true, Trains: true),
    ];

    public IReadOnlyList<TaskDescription> Tasks { get; } =
    [
        new("classify", "Which tag a line of documentation stands under.",
            [Integer("classes", 5, 2, 10, "Number of classes.")],
            ["smoke", "quickstart"], ["llama", "vit"], "vit-tiny", "accuracy", true, ["accuracy", "macro_f1", "loss"]),
        new("composition", "Perplexity on domains that were learnt apart.",
            [Text("domain", "union", ["web", "data", "security", "intrinsics", "union"], "What is trained on.")],
            ["smoke", "quickstart"], ["llama"], "nano", "perplexity", false, ["perplexity", "loss"]),
        new("lesions", "Lesions that differ from their surroundings by texture.",
            [Integer("samples", null, 1, 100_000, "Training images; default: the size's.")],
            ["smoke", "quickstart"], ["sam"], "sam-tiny", "dice", true, ["dice", "jaccard", "boundary_f", "loss"]),
        new("long-context", "Perplexity beyond the length that the base was trained at.",
            [Integer("length", null, 16, 32_768, "Positions of a sequence; default: the size's.")],
            ["smoke", "quickstart"], ["llama"], "nano", "perplexity", false, ["perplexity", "passkey", "loss"]),
    ];

    public IReadOnlyList<BaseDescription> Bases { get; } =
    [
        new("micro", "Six layers of width 192.", "llama", 2_750_000),
        new("nano", "Four layers of width 128.", "llama", 1_000_576),
        new("sam-tiny", "A small SAM encoder with its mask decoder.", "sam", 300_000),
        new("vit-tiny", "A small vision transformer.", "vit", 200_000),
    ];

    public IReadOnlyList<OptionDescription> TrainingOptions { get; } =
    [
        Integer("steps", 100, 0, 100_000_000, "Optimizer steps of a full trial."),
        Integer("batch_size", 8, 1, 1_000_000, "Samples in a batch."),
        Real("learning_rate", 1e-3, 0, 1e3, "Peak learning rate."),
        Text("optimizer", "adamw", ["adamw", "sgd"], "Update rule."),
        Real("momentum", 0, 0, 0.9999999, "SGD's momentum."),
        Text("schedule", "cosine", ["cosine", "linear", "constant"], "How the rate falls after the warm-up."),
        Real("warmup", 0.05, 0, 1, "Share of the steps over which the rate rises from zero."),
        Real("clip_norm", 1, 0, 1e9, "Gradients are scaled down to this global norm; 0 leaves them."),
        Integer("report_every", 10, 1, 100_000_000, "Steps between two reports of the training loss."),
        Integer("evaluate_every", 0, 0, 100_000_000, "Steps between two evaluations on validation data."),
        Integer("checkpoint_every", 50, 0, 100_000_000, "Steps between two checkpoints; 0 keeps none but on request."),
    ];

    public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) =>
        [new($"base/{baseModel}", [])];

    private static OptionDescription Integer(string name, long? usual, double least, double most, string summary) =>
        new(name, OptionKind.Integer, usual is { } value ? new ParameterValue.Integer(value) : null, least, most, [], summary);

    private static OptionDescription Real(string name, double usual, double least, double most, string summary) =>
        new(name, OptionKind.Real, new ParameterValue.Real(usual), least, most, [], summary);

    private static OptionDescription Text(string name, string usual, EquatableArray<string> choices, string summary) =>
        new(name, OptionKind.Text, new ParameterValue.Text(usual), null, null, choices, summary);

    private static OptionDescription Flag(string name, bool usual, string summary) =>
        new(name, OptionKind.Flag, new ParameterValue.Flag(usual), null, null, [], summary);
}
