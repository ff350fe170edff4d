using Adapters.Mechanisms;
using Adapters.Models.Causal;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>
/// The parts of LongLoRA that are no updates of layers, and so go with whatever updates them: norms and embeddings trained,
/// positions interpolated to the target length, shifted sparse attention while training (Chen et al. 2023, arXiv:2309.12307).
/// </summary>
internal static class LongContextParts
{
    /// <summary>Does what the options ask for. Called before layers are chosen: what is trained whole is not adapted too.</summary>
    /// <exception cref="AdapterException">When the base does not allow it, with the value.</exception>
    public static void Apply(Attachment on, TargetOptions options)
    {
        if (options.TrainNorms)
            FreeAll(on, "train_norms", "norm");
        if (options.TrainEmbeddings)
            FreeAll(on, "train_embeddings", "embed");
        if (options.InterpolatePositions)
            InterpolatePositions(on, Causal(on, "interpolate_positions", "true"));
        if (options.Attention != TrainingAttention.Full)
            Sparsify(on, Causal(on, "attention", OptionSchema.Spell(options.Attention)), options);
    }

    private static void FreeAll(Attachment on, string option, string part)
    {
        if (!on.Model.named_parameters().Any(pair => Named(pair.name)))
            throw new AdapterException($"Option '{option}' of method '{on.Method}' is true, but the {on.Model.Family} base has no "
                + $"parameter of a name with '{part}' in it.");
        on.Free(Named);

        bool Named(string name) => name.Contains(part, StringComparison.Ordinal);
    }

    private static CausalModel Causal(Attachment on, string option, string value) => on.Model as CausalModel
        ?? throw new AdapterException($"Option '{option}' of method '{on.Method}' is {value}, but a base of the family "
            + $"{on.Model.Family} does not attend causally.");

    /// <summary>Brings the target length within the pretrained one, unless the task has done so for all methods.</summary>
    private static void InterpolatePositions(Attachment on, CausalModel model)
    {
        var stretched = model.Architecture.RopeScaling is RopeScaling.Linear linear ? linear.Factor : 1;
        var reach = model.Architecture.MaxPositions * stretched;
        if (on.Context.TargetLength is not { } target || target <= reach)
            return;
        var before = model.Interpolation;
        on.While(() => model.ReachLength(target), () => model.InterpolatePositions(before));
    }

    private static void Sparsify(Attachment on, CausalModel model, TargetOptions options)
    {
        var target = on.Context.TargetLength ?? model.Architecture.MaxPositions;
        var group = options.Group ?? Math.Max(2, target / 8 * 2);
        var wraps = options.Attention == TrainingAttention.Wrap;
        if (model.Architecture.Heads % 2 != 0)
            throw new AdapterException(
                $"Method '{on.Method}' shifts half of the heads, but the base has {model.Architecture.Heads}.");
        if (group % 2 != 0)
            throw new AdapterException(
                $"Option 'group' of method '{on.Method}' is {group}, but must be even: groups shift by half of it.");
        if (wraps && target % group != 0)
            throw new AdapterException($"Option 'group' of method '{on.Method}' is {group}, which does not divide the length "
                + $"{target}; groups that wrap around must.");
        if (model.Architecture.Window < group)
            throw new AdapterException($"Option 'group' of method '{on.Method}' is {group}, but the base's sliding window is only "
                + $"{model.Architecture.Window} positions.");

        var attention = new ShiftedSparseAttention(group, wraps ? ShiftEnds.Wrap : ShiftEnds.Split);
        on.While(() => model.TrainingAttention = attention, () => model.TrainingAttention = null);
    }
}
