using Experiments.Sweeps;

namespace Experiments.Tests.Sweeps;

/// <summary>A catalogue like that of the product, but fixed: messages and schemas in these tests don't move with it.</summary>
internal sealed class CatalogueDouble : ICatalogue
{
    private static readonly EquatableArray<string> _sizes = ["smoke", "quickstart", "paper-like"];
    private const string VisionLanguage = "vision-language";
    private static readonly EquatableArray<string> _language = ["llama", "mistral", "qwen2"];

    private static readonly EquatableArray<OptionDescription> _lora =
    [
        Integer("rank", 8, 1, 65_536, "Inner dimension r of the update."),
        Mutable("alpha", 16, 0, 1e6, "Numerator of the update's scale."),
        Mutable("dropout", 0, 0, 0.99, "Share of the input that the update does not see in training."),
        Flag("rslora", false, "Whether the scale is alpha / √rank."),
        new("target_modules", OptionKind.TextList, null, null, null, [], "Layers to adapt; the model's default where absent."),
    ];

    public IReadOnlyList<MethodDescription> Methods { get; init; } =
    [
        new("base", "The base model as it is.", "", [], [], ComposesExperts: false, Trains: false),
        new("conv-long", "Conv-LoRA on what sees, LongLoRA on what reads.", "", [.. _lora], [VisionLanguage],
            ComposesExperts: false, Trains: true),
        new("conv-lora", "LoRA with convolutions at several scales.", "Zhong et al. 2024, arXiv:2401.17868",
            [
                .. _lora,
                Integer("experts", 8, 1, 64, "Number of convolutions; the e-th works on the map enlarged e times."),
                Integer("top_k", 1, 1, 64, "How many of them each image goes to."),
                Text("combine", "sum", ["sum", "log-sum-exp"], "How the outputs of several become one."),
                Real("balance_weight", 0.01, 0, 1e6, "Weight of the loss that asks for all convolutions to be used alike."),
            ],
            ["sam", "vit"], ComposesExperts: false, Trains: true),
        new("full", "Every parameter is trained.", "", [], [], ComposesExperts: false, Trains: true),
        new("longlora", "LoRA with shifted sparse attention.", "Chen et al. 2023, arXiv:2309.12307",
            [
                .. _lora,
                Text("attention", "split", ["split", "wrap", "full"], "Attention while training."),
                Integer("group", null, 2, 1_000_000, "Positions in a group; a quarter of the target length where absent."),
                Flag("train_norms", true, "Whether the norms are trained."),
                Flag("train_embeddings", true, "Whether the token embeddings are trained."),
            ],
            _language, ComposesExperts: false, Trains: true),
        new("lora", "Low-rank update of frozen layers.", "Hu et al. 2021, arXiv:2106.09685", _lora, [], false, Trains: true),
        new("mole", "Gates over trained LoRAs.", "Wu et al. 2024, arXiv:2404.13628",
            [
                Text("granularity", "block", ["matrix", "layer", "block", "network"], "What has a gate of its own."),
                Real("balance_weight", 0.5, 0, 1e6, "Weight of the loss that asks for all experts to be used alike."),
                Real("temperature", 1, 0.01, 1e6, "First temperature of the gates, which is trained."),
                new("masked", OptionKind.IntegerList, null, 0, 1_000_000, [], "Experts that may not be used, by number from 0."),
            ],
            _language, ComposesExperts: true, Trains: true),
    ];

    public IReadOnlyList<TaskDescription> Tasks { get; init; } =
    [
        new("classify", "Which tag a line of documentation stands under.",
            [
                Integer("train_items", 1000, 10, 10_000_000, "Items to train on."),
                Integer("items", 200, 10, 1_000_000, "Items of an evaluation."),
            ],
            _sizes, [.. _language, "vit"], "vit-tiny", "accuracy", true, ["accuracy", "macro_f1", "loss"]),
        new("composition", "Perplexity on documents that mix subjects.",
            [
                Text("domain", "mixture", ["web", "data", "security", "intrinsics", "union", "mixture"], "What is trained on."),
                Integer("length", 128, 8, 1_000_000, "Tokens of a sequence."),
            ],
            _sizes, _language, "nano", "perplexity", false, ["perplexity", "perplexity_web", "perplexity_data", "loss"]),
        new("lesion-questions", "Questions on lesions behind long text.",
            [
                Integer("length", 192, 16, 1_000_000, "Tokens of the text."),
            ],
            _sizes, [VisionLanguage], "sam-tiny + nano", "accuracy", true, ["accuracy", "loss"]),
        new("lesions", "Lesions that differ from their surroundings by texture.",
            [
                Integer("train_images", 160, 1, 1_000_000_000, "Pictures to train on."),
                Text("loss", "dice", ["dice", "structure"], "Cross-entropy and soft Dice, or the structure loss."),
            ],
            _sizes, ["sam"], "sam-tiny", "dice", true, ["dice", "jaccard", "boundary_f", "loss"]),
        new("long-context", "Perplexity beyond the length that the base was trained at.",
            [
                Integer("length", 512, 16, 1_000_000, "Tokens of a sequence."),
                Real("passkey_share", 0.1, 0, 1, "Share of the training sequences that hide a number."),
            ],
            _sizes, _language, "nano", "perplexity", false, ["perplexity", "perplexity_sliding", "passkey", "loss"]),
    ];

    public IReadOnlyList<BaseDescription> Bases { get; } =
    [
        new("micro", "Six layers of width 192.", "llama", 2_750_000),
        new("nano", "Four layers of width 128.", "llama", 1_000_576),
        new("sam-tiny", "A small SAM encoder with its mask decoder.", "sam", 300_000),
        new("vit-tiny", "A small vision transformer.", "vit", 200_000),
    ];

    public string? FamilyOf(string baseModel) => baseModel.Split(ICatalogue.BaseJoint) is [var vision, var language]
        ? FamilyOf(vision) is "sam" or "vit" && FamilyOf(language) == "llama" ? VisionLanguage : null
        : Bases.FirstOrDefault(known => known.Id == baseModel)?.Family ?? (Path.GetFileName(baseModel) == "llama" ? "llama" : null);

    public IReadOnlyList<OptionDescription> TrainingOptions { get; init; } =
    [
        Integer("steps", 100, 0, 100_000_000, "Optimizer steps of a full trial."),
        Integer("batch_size", 8, 1, 1_000_000, "Samples in a batch."),
        Mutable("learning_rate", 1e-3, 0, 1e3, "Peak learning rate."),
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

    private static OptionDescription Mutable(string name, double usual, double least, double most, string summary) =>
        Real(name, usual, least, most, summary) with { IsMutable = true };

    private static OptionDescription Text(string name, string usual, EquatableArray<string> choices, string summary) =>
        new(name, OptionKind.Text, new ParameterValue.Text(usual), null, null, choices, summary);

    private static OptionDescription Flag(string name, bool usual, string summary) =>
        new(name, OptionKind.Flag, new ParameterValue.Flag(usual), null, null, [], summary);
}
