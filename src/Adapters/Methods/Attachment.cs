using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// What a method is about to put on a model. The model stays as it is until <see cref="Build"/>, so a method that
/// refuses halfway leaves nothing behind.
/// </summary>
public sealed class Attachment : IDisposable
{
    /// <summary>PEFT's prefix of every saved name.</summary>
    internal const string Root = "base_model.model.";

    /// <summary>Its prefix of what belongs to no layer.</summary>
    private const string SharedRoot = "base_model.";

    private const string Bias = ".bias";

    private readonly Dictionary<string, SiteAdapter> _adapters = [];
    private readonly List<PartAdapter> _parts = [];
    private readonly Dictionary<string, (Tensor Tensor, Keeping? Keeping)> _shared = []; // what is kept nowhere but trained has no keeping
    private readonly AdapterMethodAttribute _registration;
    private readonly List<(string Name, Parameter Parameter)> _aliases = [];
    private readonly HashSet<string> _freed = [];
    private readonly List<(Func<Tensor> Term, double Weight)> _terms = [];
    private readonly List<Action> _begin = [];
    private readonly List<Action> _end = [];
    private IReadOnlyDictionary<Site, Tensor>? _gradients;
    private bool _built;

    internal Attachment(BaseModel model, AdapterMethodAttribute registration, AttachContext context)
    {
        if (model.Adapters.FirstOrDefault(adapter => adapter.IsMerged) is { } merged)
            throw new AdapterException($"The {merged.Method} adapter that the model carries is merged into its weights: unmerge it before "
                + "another is attached.");
        (Model, _registration, Context) = (model, registration, context);
        Config = new() { ["peft_type"] = registration.PeftType ?? registration.Id.ToUpperInvariant().Replace('-', '_') };
        Generator = new Generator(context.Seed, CPU);
    }

    /// <summary>The base model.</summary>
    public BaseModel Model { get; }

    /// <summary>The method's registered name.</summary>
    public string Method => _registration.Id;

    /// <summary>What the trial adds.</summary>
    public AttachContext Context { get; }

    /// <summary>Draws initial values, on the CPU, so that they are the same on every device.</summary>
    public Generator Generator { get; }

    /// <summary>Tells the base from others, see <see cref="BaseFingerprint"/>.</summary>
    internal string Fingerprint => field ??= BaseFingerprint.Of(Model, Context.Head);

    /// <summary>Fields of <c>adapter_config.json</c> that are the method's own, in PEFT's words. What an option says goes before, if
    /// it says anything.</summary>
    public JsonObject Config { get; }

    /// <summary>Adds a term to the training loss, see <see cref="Adapter.AuxiliaryLoss"/>.</summary>
    /// <param name="term">Asked for once after each forward pass in training mode: a scalar that is then the asker's.</param>
    /// <param name="weight">What it is multiplied by.</param>
    public void AddLoss(Func<Tensor> term, double weight = 1) => _terms.Add((term, weight));

    /// <summary>What is told of each step, see <see cref="Adapter.Stepped"/>.</summary>
    public Action<int, int>? Stepped { get; set; }

    /// <summary>What trains it in place of gradients, see <see cref="Adapter.Search"/>.</summary>
    public GradientFreeStep? Search { get; set; }

    /// <summary>The layers that are adapted, once <see cref="Targets"/> has been asked for.</summary>
    public IReadOnlyList<Target> Adapted { get; private set; } = [];

    /// <summary>The adapters that this one is composed of.</summary>
    public IReadOnlyList<StoredAdapter> Experts { get; set; } = [];

    /// <summary>The layers that a method's options mean, in the model's order. What they say goes into the config.</summary>
    /// <param name="options">The options.</param>
    /// <param name="adapts">Whether the method adapts layers of that kind.</param>
    /// <param name="otherwise">Names or dotted ends where the options say nothing; null for the model's default.</param>
    /// <exception cref="AdapterException">When an entry means no layer, or one that the method does not adapt.</exception>
    public IReadOnlyList<Target> Targets(TargetOptions options, Func<Site, bool> adapts, IReadOnlyList<string>? otherwise = null)
    {
        otherwise ??= Model.DefaultTargets;
        FreeWhole(options.ModulesToSave ?? []);
        var targets = new TargetModules(Model, options, _freed.Concat(Context.Head).ToHashSet(), Method).Select(otherwise, adapts);
        Config["target_modules"] = options.TargetPattern is { } pattern ? pattern
            : new JsonArray([.. (options.TargetModules ?? otherwise).Order(StringComparer.Ordinal)]);
        if (options.ExcludePattern is not null || options.ExcludeModules is not null)
            Config["exclude_modules"] = options.ExcludePattern is { } exclusion ? exclusion
                : new JsonArray([.. options.ExcludeModules!.Order(StringComparer.Ordinal)]);
        return Adapted = targets;
    }

    /// <summary>Refuses a rank that exceeds the dimensions of a layer.</summary>
    /// <exception cref="AdapterException">When it does.</exception>
    internal void CheckRank(Target target, int rank, string option = "rank")
    {
        var most = Math.Min(target.Site.Inputs, target.Site.Outputs);
        if (rank > most)
            throw new AdapterException($"Option '{option}' of method '{Method}' is {rank}, but {target.Name} maps {target.Site.Inputs} to "
                + $"{target.Site.Outputs} features, so at most {most} makes sense.");
    }

    /// <summary>Refuses to choose more than there are to choose from.</summary>
    /// <exception cref="AdapterException">When the option <c>top_k</c> asks for that.</exception>
    internal void CheckTopK(int chosen, int available, string of = "experts")
    {
        if (chosen > available)
            throw new AdapterException($"Option 'top_k' of method '{Method}' is {chosen}, but there are {available} {of}.");
    }

    /// <summary>
    /// The gradient of the task's loss by the weight of a layer that is adapted, at the base: the mean over the first of fixed batches.
    /// It is computed for all such layers when it is first asked for.
    /// </summary>
    /// <param name="site">The layer.</param>
    /// <param name="batches">How many batches; the same each time.</param>
    /// <returns><c>[out, in]</c> in float32.</returns>
    /// <exception cref="AdapterException">When it is not finite.</exception>
    internal Tensor GradientOf(Site site, int batches) =>
        (_gradients ??= WeightGradients.Of(Model, [.. Adapted.Select(target => target.Site)], Context.ProbeLoss!, batches))[site];

    /// <summary>Puts an adapter on a site.</summary>
    public void Put(string site, SiteAdapter adapter) => _adapters.Add(site, adapter);

    /// <summary>The adapter of a kind that is put around a part of the model, made when it is first asked for.</summary>
    /// <param name="part">A block, or the feed-forward part of one.</param>
    /// <param name="make">Makes it; called once.</param>
    public TAdapter Around<TAdapter>(ModelPart part, Func<TAdapter> make) where TAdapter : PartAdapter
    {
        if (_parts.OfType<TAdapter>().FirstOrDefault(known => known.Part == part) is { } adapter)
            return adapter;
        _parts.Add(adapter = make());
        return adapter;
    }

    /// <summary>A parameter that several layers share: trained, freed with the adapter, saved under this key.</summary>
    /// <param name="key">PEFT's name, such as <c>vblora_vector_bank</c>.</param>
    /// <param name="make">Makes its initial value; called once.</param>
    public Parameter Share(string key, Func<Tensor> make)
    {
        if (!_shared.TryGetValue(key, out var shared))
            _shared.Add(key, shared = (nn.Parameter(make()).DetachFromDisposeScope(), null));
        return (Parameter)shared.Tensor;
    }

    /// <summary>A parameter that several layers share, saved under the name of each and this key.</summary>
    /// <param name="owner">The layer that it is called after.</param>
    /// <param name="user">A layer that uses it.</param>
    /// <param name="key">PEFT's name within a layer, such as <c>lily_B.weight</c>.</param>
    /// <param name="make">Makes its initial value; called once.</param>
    public Parameter Share(Target owner, Target user, string key, Func<Tensor> make)
    {
        var shared = Share($"{Root[SharedRoot.Length..]}{owner.Name}.{key}", make);
        if (user != owner)
            _aliases.Add(($"{Root}{user.Name}.{key}", shared));
        return shared;
    }

    /// <summary>A tensor that several layers share and that is not trained: freed with the adapter, kept as said.</summary>
    /// <param name="key">PEFT's name, such as <c>vera_A</c>.</param>
    /// <param name="keeping">Where it is kept.</param>
    /// <param name="make">Makes it; called once.</param>
    public Tensor Share(string key, Keeping keeping, Func<Tensor> make)
    {
        if (!_shared.TryGetValue(key, out var shared))
            _shared.Add(key, shared = (make().detach().DetachFromDisposeScope(), keeping));
        return shared.Tensor;
    }

    /// <summary>Frees parameters of the base for training.</summary>
    /// <param name="which">Says by full name which.</param>
    public void Free(Func<string, bool> which) =>
        _freed.UnionWith(Model.named_parameters().Select(pair => pair.name).Where(which));

    /// <summary>Frees biases of the base for training. Called after all adapters are put.</summary>
    public void Free(BiasTraining biases)
    {
        var adapted = _adapters.Keys.Select(Model.WholeOf).ToHashSet();
        Free(name => name.EndsWith(Bias, StringComparison.Ordinal) && biases switch
        {
            BiasTraining.None => false,
            BiasTraining.All => true,
            _ => adapted.Contains(name[..^Bias.Length]),
        });
    }

    /// <summary>Frees modules whole, as the option <c>modules_to_save</c> names them.</summary>
    private void FreeWhole(IReadOnlyList<string> modules)
    {
        foreach (var module in modules)
        {
            var whole = Model.named_parameters().Select(pair => pair.name)
                .Where(name => ModulesAbove(name).Any(above => TargetModules.Means(module, above))).ToList();
            _freed.UnionWith(whole);
            if (whole.Count > 0)
                continue;
            var modulesOfBase = Model.named_parameters().SelectMany(pair => ModulesAbove(pair.name)).Distinct();
            throw new AdapterException($"Option 'modules_to_save' of method '{Method}' names '{module}', but the {Model.Family} base "
                + $"has no such module.{NearestName.Hint(module, modulesOfBase)}");
        }

        static IEnumerable<string> ModulesAbove(string parameter)
        {
            for (var cut = parameter.LastIndexOf('.'); cut > 0; cut = parameter.LastIndexOf('.', cut - 1))
                yield return parameter[..cut];
        }
    }

    /// <summary>Changes the model while the adapter is attached.</summary>
    /// <param name="begin">Makes the change.</param>
    /// <param name="end">Takes it back.</param>
    public void While(Action begin, Action end)
    {
        _begin.Add(begin);
        _end.Add(end);
    }

    /// <summary>Puts everything in place.</summary>
    /// <param name="schema">The method's options.</param>
    /// <param name="options">Those that it was given, all of them.</param>
    internal Adapter Build(OptionSchema schema, JsonObject options)
    {
        var parameters = Model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        if (Context.Head.FirstOrDefault(name => !parameters.ContainsKey(name)) is { } missing)
            throw new InvalidOperationException($"The task's head names '{missing}', which the {Model.Family} model lacks.");
        if (_registration.Trains) // the task's head goes along
            _freed.UnionWith(Context.Head);
        RefuseConflicts(parameters);
        PeftConfig.Write(Config, schema, options, _registration.PeftSwitch);
        var config = Describe(options);

        foreach (var begin in _begin) // first, because the model may refuse
            begin();
        foreach (var (name, parameter) in parameters)
            parameter.requires_grad = _freed.Contains(name) || (parameter.requires_grad && Model.Adapters.Count > 0);
        foreach (var (name, adapter) in _adapters)
            Model.SitesAndParts[name].Put(adapter);
        foreach (var adapter in _parts)
        {
            adapter.train(Model.training);
            adapter.Part.Put(adapter);
        }

        _built = true;

        var adapted = Model.SitesAndParts.Keys.Where(_adapters.ContainsKey).ToList();
        var own = adapted.SelectMany(site =>
            _adapters[site].named_parameters().Select(pair => ($"{Root}{site}.{pair.name}", pair.parameter)));
        var around = _parts.SelectMany(part =>
            part.named_parameters().Select(pair => ($"{Root}{part.Part.Name}.{pair.name}", pair.parameter)));
        var shared = _shared.Where(pair => pair.Value.Keeping is null)
            .Select(pair => (SharedRoot + pair.Key, (Parameter)pair.Value.Tensor));
        var freed = parameters.Where(pair => _freed.Contains(pair.Key)).ToList();
        var kept = adapted.SelectMany(site =>
            _adapters[site].Kept.Select(each => new KeptTensor($"{Root}{site}.{each.Key}", each.Tensor, each.Keeping)));
        var keptAround = _parts.SelectMany(part =>
            part.Kept.Select(each => new KeptTensor($"{Root}{part.Part.Name}.{each.Key}", each.Tensor, each.Keeping)));
        var keptTogether = _shared.Where(pair => pair.Value.Keeping is not null)
            .Select(pair => new KeptTensor(SharedRoot + pair.Key, pair.Value.Tensor, pair.Value.Keeping!.Value));
        var built = new Adapter
        {
            Model = Model,
            Method = Method,
            Sites = _adapters,
            Parts = _parts,
            Trainable = [.. own, .. around, .. shared, .. freed.Select(pair => (SavedName(pair.Key), pair.Value))],
            Freed = [.. freed.Select(pair => new FreedParameter(pair.Key, pair.Value, Context.KeepsBase))],
            Aliases = _aliases,
            Kept = [.. kept, .. keptAround, .. keptTogether],
            Shared = [.. _shared.Values.Select(each => each.Tensor)],
            Config = config,
            AuxiliaryLoss = _terms.Count == 0 ? null : AllTerms,
            Stepped = Stepped,
            Search = Search,
            Experts = Experts,
            Changes = _begin.Count == 0 ? null : new ModelChanges(() => _begin.ForEach(begin => begin()), () => _end.ForEach(end => end())),
        };
        Model.Carried.Add(built);
        return built;
    }

    /// <summary>Refuses what cannot stand beside the adapters that the model carries.</summary>
    private void RefuseConflicts(Dictionary<string, Parameter> parameters)
    {
        foreach (var other in Model.Adapters)
        {
            if (other.Changes is not null || _begin.Count > 0)
                throw new AdapterException($"The model carries a {other.Method} adapter, beside which no {Method} adapter can be attached: "
                    + $"{(other.Changes is null ? Method : other.Method)} changes attention or positions of the whole model.");
            if (other.Freed.FirstOrDefault(freed => freed.Base is null && !Context.Head.Contains(freed.Name)) is { } unkept)
                throw new AdapterException($"The model carries a {other.Method} adapter that trains '{unkept.Name}' of the base, whose own "
                    + "value was not kept: attach that one with KeepsBase to put others beside it.");
            if (other.IsActive && other.Freed.FirstOrDefault(freed => _freed.Contains(freed.Name)) is { } claimed)
                throw new AdapterException($"Method '{Method}' would train '{claimed.Name}' of the base, which the {other.Method} adapter "
                    + "that the model carries has a value of its own for: switch that one off first.");
        }

        foreach (var (name, adapter) in _adapters)
            if (adapter.ReadsWeights && adapter.Site.Attached.Count > 0)
                throw new AdapterException($"Method '{Method}' computes with the weights of {name} itself, so it must be attached before "
                    + "the adapters that the layer carries.");
    }

    private Tensor AllTerms()
    {
        using var scope = NewDisposeScope();
        var terms = _terms.Select(each => (Value: each.Term(), each.Weight)).ToList();
        scope.Attach(terms.Select(term => term.Value).ToArray());
        return stack([.. terms.Select(term => term.Value * term.Weight)]).sum().MoveToOuterDisposeScope();
    }

    /// <summary>Frees the adapters where the method refused after all.</summary>
    public void Dispose()
    {
        Generator.Dispose();
        if (_built)
            return;
        foreach (var adapter in _adapters.Values)
            adapter.Dispose();
        foreach (var adapter in _parts)
            adapter.Dispose();
        foreach (var (shared, _) in _shared.Values)
            shared.Dispose();
        foreach (var expert in Experts)
            expert.Dispose();
    }

    /// <summary>PEFT wraps an adapted layer, so that the bias beneath it is called <c>….base_layer.bias</c>.</summary>
    private string SavedName(string parameter) =>
        parameter.EndsWith(Bias, StringComparison.Ordinal) && _adapters.ContainsKey(parameter[..^Bias.Length])
            ? $"{Root}{parameter[..^Bias.Length]}.base_layer{Bias}"
            : Root + parameter;

    private JsonObject Describe(JsonObject options)
    {
        Config["base_model_name_or_path"] = Context.Base;
        Config["inference_mode"] = true;
        Config["task_type"] = null;
        Config["modules_to_save"] = new JsonArray([.. _freed
            .Where(name => !name.EndsWith(Bias, StringComparison.Ordinal) || Context.Head.Contains(name))
            .Select(name => name[..name.LastIndexOf('.')]).Distinct().Order(StringComparer.Ordinal)]);
        Config["orchestrator"] = new JsonObject
        {
            ["method"] = Method,
            ["options"] = options,
            ["head"] = new JsonArray([.. Context.Head]),
            ["target_length"] = Context.TargetLength,
            ["base_fingerprint"] = Fingerprint,
        };
        var parts = _adapters.Where(pair => pair.Value.Site is LinearPart)
            .Select(pair => KeyValuePair.Create(pair.Key, (LinearPart)pair.Value.Site)).ToList();
        if (parts.Count > 0) // for those who read the folder without the base
            Config["orchestrator"]!["parts"] = new JsonObject(parts.Select(pair => KeyValuePair.Create(
                pair.Key, (JsonNode?)new JsonArray(pair.Value.First, pair.Value.Whole.Outputs))));
        return Config;
    }
}
