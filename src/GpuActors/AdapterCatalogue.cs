using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;
using Adapters.Pretraining;
using Adapters.Tasks;
using Adapters.Training;
using Experiments.Sweeps;

namespace GpuActors;

/// <summary>What can be trained, told as data to the side that decides. Loads no native library.</summary>
public sealed class AdapterCatalogue : ICatalogue
{
    /// <inheritdoc/>
    public IReadOnlyList<MethodDescription> Methods { get; } =
    [
        .. MethodCatalogue.All.Select(method => new MethodDescription(
            method.Id,
            method.Summary,
            method.Source,
            Describe(method.Options),
            [.. method.Families],
            method.ComposesExperts,
            method.Trains,
            method.Equation,
            method.ParametersPerLayer,
            method.ParametersPerBlock,
            method.ParametersShared,
            method.SharesByKind,
            method.StartsAt,
            method.CannotMerge,
            method.PeftType,
            new CostDescription(
                method.Costs.PerToken,
                method.Costs.PerBlock,
                method.Costs.PerPass,
                method.Costs.ToMerge,
                method.Costs.KeptPerLayer,
                method.Costs.KeptShared,
                method.Costs.Remark))),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<TaskDescription> Tasks { get; } =
    [
        .. TaskCatalogue.All.Select(task => new TaskDescription(
            task.Id,
            task.Summary,
            DescribeBySize(task),
            [.. TaskCatalogue.Sizes],
            [.. task.Families],
            task.DefaultBase,
            task.Metric.Name,
            task.Metric.Maximize,
            [.. task.Metrics])),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<BaseDescription> Bases { get; } =
    [
        .. ProductBases.All.Select(known => new BaseDescription(known.Id, known.Summary, known.Family, known.Parameters)),
    ];

    /// <inheritdoc/>
    public string? FamilyOf(string baseModel)
    {
        try
        {
            return BaseFolder.FamilyOf(baseModel);
        }
        catch (AdapterException)
        {
            return null; // the preparations say what is wrong with it
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<OptionDescription> TrainingOptions { get; } = Describe(OptionSchema.Of(typeof(TrainingOptions)));

    /// <inheritdoc/>
    /// <exception cref="AdapterException">When task or base are unknown or do not go together.</exception>
    public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) =>
        [.. Preparations.Of(task, size, baseModel).Select(made => new PreparationDescription(made.Id, [.. made.Needs]))];

    private static EquatableArray<OptionDescription> Describe(OptionSchema schema) =>
        [.. schema.Options.Select(option => Describe(option, option.Default))];

    /// <summary>A task's defaults go by its size; one that is not the same at all sizes is left open.</summary>
    private static EquatableArray<OptionDescription> DescribeBySize(RegisteredTask task)
    {
        JsonObject[] defaults = [.. TaskCatalogue.Sizes.Select(size => TaskCatalogue.DefaultsAt(task, size))];
        return [.. task.Options.Options.Select(option => Describe(option, Common(option.Name)))];

        JsonNode? Common(string name) =>
            defaults.All(values => JsonNode.DeepEquals(values[name], defaults[0][name])) ? defaults[0][name] : null;
    }

    private static OptionDescription Describe(Option option, JsonNode? value) => new(
        option.Name,
        Enum.Parse<Experiments.Sweeps.OptionKind>(option.Kind.ToString()),
        value is null ? null : ValueOf(option.Kind, value),
        option.Minimum,
        option.Maximum,
        [.. option.Choices],
        option.Summary,
        option.IsMutable);

    /// <summary>A default by the option's kind: JSON alone does not tell a whole real number from an integer.</summary>
    private static ParameterValue ValueOf(Adapters.Options.OptionKind kind, JsonNode value) =>
        kind == Adapters.Options.OptionKind.Real
            ? new ParameterValue.Real(value.GetValue<double>())
            : value.Deserialize<ParameterValue>()!;
}
