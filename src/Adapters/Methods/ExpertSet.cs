using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// Trained LoRA adapters that another is made of, read from their folders and held against the base. What compositions made of
/// such adapters is one too.
/// </summary>
internal sealed class ExpertSet
{
    private const string Root = Attachment.Root;
    private const string A = ".lora_A.weight";
    private const string B = ".lora_B.weight";
    private const string InitialA = ".initial_A";
    private const string InitialB = ".initial_B";

    private readonly IReadOnlyList<Dictionary<string, LowRankExpert>> _experts; // each by site

    private ExpertSet(BaseModel model, IReadOnlyList<Dictionary<string, LowRankExpert>> experts)
    {
        _experts = experts;
        Sites = [.. model.SitesAndParts.Keys.Where(site => experts.Any(expert => expert.ContainsKey(site)))];
    }

    /// <summary>Number of experts.</summary>
    public int Count => _experts.Count;

    /// <summary>Sites that any of them adapts, in the model's order.</summary>
    public IReadOnlyList<string> Sites { get; }

    /// <summary>Each expert's update of a site; null where it leaves it alone.</summary>
    public IReadOnlyList<LowRankExpert?> On(string site) => [.. _experts.Select(expert => expert.GetValueOrDefault(site))];

    /// <summary>
    /// Reads the experts that a trial names; the attachment keeps them, to save them with what they become. A task's head that
    /// they trained along is left out: a mixture trains its own.
    /// </summary>
    /// <exception cref="AdapterException">When there are none, or one is no LoRA for this base.</exception>
    public static ExpertSet Read(Attachment on)
    {
        if (on.Context.Experts.Count == 0)
            throw new AdapterException($"Method '{on.Method}' composes trained LoRA adapters, but was given none.");
        var device = on.Model.Device;
        on.Experts = [.. on.Context.Experts.Select(folder => StoredAdapter.Read(folder, device))];
        return new ExpertSet(on.Model, [.. on.Experts.Select(stored => UpdatesOf(stored, on))]);
    }

    /// <summary>Reads the experts of a method that trains no head, and so has no place for a task with one.</summary>
    /// <exception cref="AdapterException">When the task has one, and as for <see cref="Read"/>.</exception>
    public static ExpertSet ReadHeadless(Attachment on) => on.Context.Head.Count == 0
        ? Read(on)
        : throw new AdapterException($"Method '{on.Method}' composes updates of layers and trains no head, but the task has one of its own "
            + $"('{on.Context.Head[0]}'): method 'mole' trains it along.");

    /// <summary>What a folder's LoRA adds to each layer that it adapts, whatever base it is for.</summary>
    /// <exception cref="AdapterException">When it is no LoRA, or lacks a factor.</exception>
    public static IReadOnlyDictionary<string, LowRankExpert> UpdatesIn(StoredAdapter stored) => UpdatesIn(stored, PlanOf(stored));

    private static AdapterPlan PlanOf(StoredAdapter stored)
    {
        var plan = AdapterPlan.Of(stored.Config, stored.Folder);
        if (plan.Method != "lora" && (string?)stored.Config["peft_type"] == "LORA" && MethodCatalogue.Find(plan.Method).ComposesExperts)
            plan = plan.AsPeft(stored.Config, stored.Folder);
        return plan.Method == "lora" ? plan : throw new AdapterException(
            $"{stored.Folder} holds an adapter of the method '{plan.Method}', but only lora adapters can be experts.");
    }

    private static Dictionary<string, LowRankExpert> UpdatesOf(StoredAdapter stored, Attachment on)
    {
        var plan = PlanOf(stored);
        plan.RefuseOtherBase(stored.Folder, on.Model, on.Fingerprint);
        var head = plan.Context.Head.Select(name => Root + name);
        if (stored.Tensors.Keys.Where(name => SiteOf(name) is null).Except(head).Min() is { } other)
            throw new AdapterException($"{stored.Folder} has also trained '{other}', which cannot be mixed; "
                + "experts may have trained A and B only.");

        return UpdatesIn(stored, plan, on.Model);
    }

    private static Dictionary<string, LowRankExpert> UpdatesIn(StoredAdapter stored, AdapterPlan plan, BaseModel? model = null)
    {
        var options = OptionSchema.Bind<Lora.Options>(plan.Options, "method 'lora'");
        return stored.Tensors.Keys.Select(SiteOf).OfType<string>().Distinct()
            .ToDictionary(site => site, site => UpdateOf(stored, site, (Lora.Options)options.For(site), model));
    }

    private static LowRankExpert UpdateOf(StoredAdapter stored, string site, Lora.Options options, BaseModel? model)
    {
        var (a, b) = (stored.Tensors.GetValueOrDefault(Root + site + A), stored.Tensors.GetValueOrDefault(Root + site + B));
        if (a is null || b is null)
            throw new AdapterException($"{stored.Folder} lacks one of the two factors of {site}.");
        if (model is not null)
            CheckFits(stored, site, (a, b), options.Rank, model);
        return stored.Beside.TryGetValue(Root + site + InitialA, out var a0) // what it took from the weight is taken off again
            ? new LowRankExpert(cat([a, a0], 0), cat([b, -stored.Beside[Root + site + InitialB]], 1), options.Scale)
            : new LowRankExpert(a, b, options.Scale);
    }

    private static void CheckFits(StoredAdapter stored, string site, (Tensor A, Tensor B) factors, int rank, BaseModel model)
    {
        var (a, b) = factors;
        if (!model.SitesAndParts.TryGetValue(site, out var layer))
            throw new AdapterException($"{stored.Folder} adapts {site}, which this {model.Family} base does not have.");
        if (!a.shape.SequenceEqual([rank, layer.Inputs]) || !b.shape.SequenceEqual([layer.Outputs, rank]))
            throw new AdapterException($"{stored.Folder} adapts {site} by factors of the shapes [{string.Join(", ", b.shape)}] "
                + $"and [{string.Join(", ", a.shape)}], but it should be [{layer.Outputs}, {rank}] and "
                + $"[{rank}, {layer.Inputs}].");
    }

    private static string? SiteOf(string name) =>
        name.StartsWith(Root, StringComparison.Ordinal) && new[] { A, B }.Any(end => name.EndsWith(end, StringComparison.Ordinal))
            ? name[Root.Length..^A.Length]
            : null;
}
