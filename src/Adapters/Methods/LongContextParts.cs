using Adapters.Mechanisms;
using Adapters.Models.Causal;
using Adapters.Options;
using TorchSharp.Modules;

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
        {
            var model = Causal(on, "attention", OptionSchema.Spell(options.Attention));
            Sparsify(on, model, GroupOf(on, model, options.Group), options.Attention == TrainingAttention.Wrap);
        }
    }

    /// <summary>Of a base that sees and reads, what it reads with.</summary>
    private static void FreeAll(Attachment on, string option, string part)
    {
        var within = (on.Model.LanguageModel ?? on.Model).parameters().ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var named = on.Model.named_parameters().Where(pair => within.Contains(pair.parameter))
            .Select(pair => pair.name).Where(name => name.Contains(part, StringComparison.Ordinal)).ToHashSet();
        if (named.Count == 0)
            throw new AdapterException($"Option '{option}' of method '{on.Method}' is true, but the {on.Model.Family} base has no "
                + $"parameter of a name with '{part}' in it.");
        on.Free(named.Contains);
    }

    private static CausalModel Causal(Attachment on, string option, string value) => on.Model.LanguageModel
        ?? throw new AdapterException($"Option '{option}' of method '{on.Method}' is {value}, but a base of the family "
            + $"{on.Model.Family} does not attend causally.");

    /// <summary>Brings the target length within the pretrained one, unless the task has done so for all methods.</summary>
    public static void InterpolatePositions(Attachment on, CausalModel model)
    {
        var stretched = model.Architecture.RopeScaling is RopeScaling.Linear linear ? linear.Factor : 1;
        var reach = model.Architecture.MaxPositions * stretched;
        if (on.Context.TargetLength is not { } target || target <= reach)
            return;
        var before = model.Interpolation;
        on.While(() => model.ReachLength(target), () => model.InterpolatePositions(before));
    }

    /// <summary>Positions in a group, a quarter of the target length unless the options say otherwise.</summary>
    public static int GroupOf(Attachment on, CausalModel model, int? asked)
    {
        var group = asked ?? Math.Max(2, (on.Context.TargetLength ?? model.Architecture.MaxPositions) / 8 * 2);
        return group % 2 == 0 ? group : throw new AdapterException(
            $"Option 'group' of method '{on.Method}' is {group}, but must be even: groups shift by half of it.");
    }

    /// <summary>Lets the model attend in groups while it is trained, half of the heads in shifted ones.</summary>
    public static void Sparsify(Attachment on, CausalModel model, int group, bool wraps)
    {
        var target = on.Context.TargetLength ?? model.Architecture.MaxPositions;
        if (model.Architecture.Heads % 2 != 0)
            throw new AdapterException(
                $"Method '{on.Method}' shifts half of the heads, but the base has {model.Architecture.Heads}.");
        if (wraps && target % group != 0)
            throw new AdapterException($"Option 'group' of method '{on.Method}' is {group}, which does not divide the length "
                + $"{target}; groups that wrap around must.");
        Attend(on, model, group, new ShiftedSparseAttention(group, wraps ? ShiftEnds.Wrap : ShiftEnds.Split));
    }

    /// <summary>Puts an attention within groups in the place of full attention while the model is trained.</summary>
    public static void Attend(Attachment on, CausalModel model, int group, ICausalAttention attention)
    {
        if (model.Architecture.Window < group)
            throw new AdapterException($"Option 'group' of method '{on.Method}' is {group}, but the base's sliding window is only "
                + $"{model.Architecture.Window} positions.");
        on.While(() => model.TrainingAttention = attention, () => model.TrainingAttention = null);
    }
}
