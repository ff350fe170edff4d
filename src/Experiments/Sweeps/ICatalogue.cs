namespace Experiments.Sweeps;

/// <summary>What can be named in a sweep file, as data: the side that trains fulfils this, the side that decides reads it.</summary>
public interface ICatalogue
{
    /// <summary>Methods, sorted by id.</summary>
    IReadOnlyList<MethodDescription> Methods { get; }

    /// <summary>Tasks, sorted by id.</summary>
    IReadOnlyList<TaskDescription> Tasks { get; }

    /// <summary>Base models that the product makes itself, sorted by id. A base may also be a folder, or two together.</summary>
    IReadOnlyList<BaseDescription> Bases { get; }

    /// <summary>Family of a base by its name: of one that is made here, of a folder, or of two joined by <see cref="BaseJoint"/>; null
    /// where it is not known, or the two do not go together.</summary>
    string? FamilyOf(string baseModel) => Bases.FirstOrDefault(known => known.Id == baseModel)?.Family;

    /// <summary>What stands between the names of an image encoder and of the language model that reads what it sees.</summary>
    const string BaseJoint = " + ";

    /// <summary>Options of the trainer, the same for every method.</summary>
    IReadOnlyList<OptionDescription> TrainingOptions { get; }

    /// <summary>Steps of a training whose configuration does not say; null where the trainer has no such option.</summary>
    long? UsualSteps => (TrainingOptions.FirstOrDefault(option => option.Name == "steps")?.Default as ParameterValue.Integer)?.Value;

    /// <summary>Whether trials of an entry are trained by a method of ours.</summary>
    bool Trains(TaskBlock block, MethodEntry entry) =>
        block.IsTraining && Methods.FirstOrDefault(known => known.Id == entry.Method)?.Trains == true;

    /// <summary>The most steps that a trial of an entry makes; null where it trains nothing, or is of a program of which no parameter
    /// <c>steps</c> says how far it goes.</summary>
    long? MostStepsOf(TaskBlock block, MethodEntry entry)
    {
        var most = entry.Space.Steps?.Most;
        if (!block.IsTraining)
            return most;
        if (!Trains(block, entry))
            return null;

        var isAlways = entry.Space.Parameters.Any(parameter => parameter.Name == "steps" && parameter.When.Count == 0);
        return isAlways ? most : Math.Max(most ?? 0, UsualSteps ?? 1);
    }

    /// <summary>What must be there before a trial of this task on this base can start, in an order that works.</summary>
    IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel);

    /// <summary>What must be there before a trial of this block can start; nothing for programs.</summary>
    IReadOnlyList<PreparationDescription> PreparationsOf(TaskBlock block) =>
        block.IsTraining ? PreparationsOf(block.Task, block.Size, block.Base) : [];

    /// <summary>Names of the parameters of an entry that may change while a trial of it trains: those that its method and the
    /// trainer declare so; where a program is run, all but its length.</summary>
    IReadOnlySet<string> MutableParametersOf(TaskBlock block, MethodEntry entry)
    {
        var names = entry.Space.Parameters.Select(parameter => parameter.Name);
        if (!block.IsTraining)
            return names.Where(name => name != "steps").ToHashSet(StringComparer.Ordinal);

        var method = Methods.FirstOrDefault(known => known.Id == entry.Method);
        var options = (method?.Options ?? []).Concat(TrainingOptions).DistinctBy(option => option.Name);
        return options.Where(option => option.IsMutable).Select(option => option.Name).Intersect(names)
            .ToHashSet(StringComparer.Ordinal);
    }
}

/// <summary>A method as a sweep file sees it.</summary>
/// <param name="Id">Its name, for example <c>conv-lora</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Source">Authors, year, arXiv id.</param>
/// <param name="Options">Its own options.</param>
/// <param name="Families">Base model families that it works on; empty for all.</param>
/// <param name="ComposesExperts">Whether it composes adapters that other trials of the sweep trained.</param>
/// <param name="Trains">Whether it trains anything: the untouched base does not.</param>
/// <param name="Equation">What it computes, in one line; empty where a line cannot say it.</param>
/// <param name="ParametersPerLayer">Formula of the parameters that it trains in a layer; empty where it does not go by layers.</param>
/// <param name="ParametersPerBlock">Formula of the parameters that it trains around a block; empty where there are none.</param>
/// <param name="ParametersShared">Formula of the parameters that its layers share; empty where they share none.</param>
/// <param name="SharesByKind">Whether layers of one name and shape share them, and not all.</param>
/// <param name="StartsAt">Where an untrained adapter stands, if not at the base's output.</param>
/// <param name="CannotMerge">Why it cannot be folded into the base's weights; null where it can.</param>
/// <param name="PeftType">Hugging Face PEFT's name for such adapters, whose folders can be exchanged; null where it has none.</param>
/// <param name="Costs">What a trained adapter costs besides the base; null where nobody has counted.</param>
public sealed record MethodDescription(
    string Id,
    string Summary,
    string Source,
    EquatableArray<OptionDescription> Options,
    EquatableArray<string> Families,
    bool ComposesExperts,
    bool Trains,
    string Equation = "",
    string ParametersPerLayer = "",
    string ParametersPerBlock = "",
    string ParametersShared = "",
    bool SharesByKind = false,
    string? StartsAt = null,
    string? CannotMerge = null,
    string? PeftType = null,
    CostDescription? Costs = null);

/// <summary>What a trained adapter costs besides the base, as formulas of its options and layers; 0 for nothing.</summary>
/// <param name="PerToken">Multiply-adds for a token and layer at inference, while it is not merged.</param>
/// <param name="PerBlock">The same for a token and block.</param>
/// <param name="PerPass">The same for a pass and layer, however many tokens there are.</param>
/// <param name="ToMerge">Multiply-adds to fold a layer's adapter into the base's weights; empty where that is not done.</param>
/// <param name="KeptPerLayer">Numbers in memory for a layer besides what is trained.</param>
/// <param name="KeptShared">Numbers in memory for all layers besides what is trained.</param>
/// <param name="Remark">What there is to say of these formulas; empty for nothing.</param>
public sealed record CostDescription(
    string PerToken,
    string PerBlock = "0",
    string PerPass = "0",
    string ToMerge = "",
    string KeptPerLayer = "0",
    string KeptShared = "0",
    string Remark = "");

/// <summary>A task as a sweep file sees it.</summary>
/// <param name="Id">Its name, for example <c>lesions</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Options">Its own options.</param>
/// <param name="Sizes">Sizes it comes in: <c>smoke</c>, <c>quickstart</c>, …</param>
/// <param name="Families">Base model families that it can be learnt on.</param>
/// <param name="DefaultBase">The base where a sweep names none.</param>
/// <param name="Metric">The metric that methods are compared by.</param>
/// <param name="Maximize">Whether more of it is better.</param>
/// <param name="Metrics">Every metric that it reports.</param>
public sealed record TaskDescription(
    string Id,
    string Summary,
    EquatableArray<OptionDescription> Options,
    EquatableArray<string> Sizes,
    EquatableArray<string> Families,
    string DefaultBase,
    string Metric,
    bool Maximize,
    EquatableArray<string> Metrics);

/// <summary>A base model that the product pretrains itself.</summary>
public sealed record BaseDescription(string Id, string Summary, string Family, long Parameters);

/// <summary>Work that many trials wait for and that is done once: a corpus, a pretrained base.</summary>
/// <param name="Id">Its name for people, for example <c>base/nano</c>.</param>
/// <param name="Needs">Preparations that must be done before this one.</param>
public sealed record PreparationDescription(string Id, EquatableArray<string> Needs);

/// <summary>What kind of value an option takes.</summary>
public enum OptionKind
{
    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A real number.</summary>
    Real,

    /// <summary>A text, one of <see cref="OptionDescription.Choices"/> where there are any.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Whole numbers.</summary>
    IntegerList,

    /// <summary>Real numbers.</summary>
    RealList,

    /// <summary>Texts.</summary>
    TextList,
}

/// <summary>An option of a method, a task or the trainer.</summary>
/// <param name="Name">Its snake-case name.</param>
/// <param name="Kind">What values it takes.</param>
/// <param name="Default">What it is when nobody says; null where absence has a meaning of its own.</param>
/// <param name="Minimum">Least value of a number, inclusive.</param>
/// <param name="Maximum">Largest value of a number, inclusive.</param>
/// <param name="Choices">All values of a text that is one of a few.</param>
/// <param name="Summary">What it does, from its documentation.</param>
/// <param name="IsMutable">Whether it may change while a trial trains: it acts from the next step on, and no tensor's shape, no
/// frozen value and not the length of the training hang on it.</param>
public sealed record OptionDescription(
    string Name,
    OptionKind Kind,
    ParameterValue? Default,
    double? Minimum,
    double? Maximum,
    EquatableArray<string> Choices,
    string Summary,
    bool IsMutable = false);
