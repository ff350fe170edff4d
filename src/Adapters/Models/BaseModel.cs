using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models.Causal;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>
/// A base model in the naming of Hugging Face: its modules are registered so that <c>named_parameters</c> gives the
/// names of the published files. Each layer that a method may adapt is a <see cref="Site"/>.
/// </summary>
public abstract class BaseModel(string family, JsonObject config) : Module(family)
{
    /// <summary>The family, which is <c>model_type</c> of <c>config.json</c>: llama, mistral, qwen2, vit, sam, vision-language.</summary>
    public string Family { get; } = family;

    /// <summary>The content of <c>config.json</c> as it will be written back.</summary>
    public JsonObject Config { get; } = config;

    /// <summary>The adaptable layers by full name, for example <c>model.layers.0.self_attn.q_proj</c>, in file order.</summary>
    public IReadOnlyDictionary<string, Site> Sites => _sites ??= SitesBeneath(this, "").ToDictionary();

    /// <summary>The adaptable layers and, behind each that fuses several projections, those by themselves: <c>….attn.qkv</c> and
    /// <c>….attn.qkv.q</c>.</summary>
    public IReadOnlyDictionary<string, Site> SitesAndParts => _sitesAndParts ??= Sites
        .SelectMany(site => site.Value.Parts.Select(part => KeyValuePair.Create($"{site.Key}.{part.Name}", (Site)part)).Prepend(site))
        .ToDictionary();

    private Dictionary<string, Site>? _sites;
    private Dictionary<string, Site>? _sitesAndParts;

    /// <summary>The full name of the layer that a site is a part of; its own where it is none.</summary>
    internal string WholeOf(string site) => SitesAndParts[site] is LinearPart ? site[..site.LastIndexOf('.')] : site;

    /// <summary>The transformer blocks (of SAM the image encoder's), in their order: what adapters can stand around that are of no
    /// single layer. Their names are made of the blocks', such as <c>model.layers.0</c>.</summary>
    public virtual IReadOnlyList<ModelBlock> Blocks => [];

    /// <summary>The layer that embeds the patches of images; null for models of text.</summary>
    public virtual Site? PatchEmbedding => null;

    /// <summary>What of it reads text: itself, a tower of it, or null for models of images alone.</summary>
    public virtual CausalModel? LanguageModel => null;

    /// <summary>Sets training or evaluation mode, of all adapters too.</summary>
    public override void train(bool train = true)
    {
        base.train(train);
        foreach (var adapter in PartAdapters)
            adapter.train(train);
    }

    /// <summary>The adapters around blocks and feed-forward parts.</summary>
    internal IEnumerable<PartAdapter> PartAdapters =>
        Blocks.SelectMany(block => block.Whole.Adapters.Concat(block.FeedForward.Adapters));

    /// <summary>Where the weights lie.</summary>
    public Device Device => parameters().First().device;

    /// <summary>The adapters that it carries, in the order in which they were attached.</summary>
    public IReadOnlyList<Adapter> Adapters => Carried;

    /// <summary>To be changed by those that come and go.</summary>
    internal List<Adapter> Carried { get; } = [];

    /// <summary>Tells the adapters of a forward pass that begins.</summary>
    private protected void Begin(ModelInput input)
    {
        foreach (var site in Sites.Values)
            foreach (var adapter in site.Adapters)
                adapter.Begin(input);
        foreach (var adapter in PartAdapters)
            adapter.Begin(input);
    }

    /// <summary>To be called where a site was put in another's place.</summary>
    private protected void ForgetSites() => _sites = _sitesAndParts = null;

    /// <summary>The parameter of that full name.</summary>
    /// <exception cref="KeyNotFoundException">When the model has none of that name.</exception>
    public Parameter ParameterOf(string name) => named_parameters().FirstOrDefault(pair => pair.name == name).parameter
        ?? throw new KeyNotFoundException($"The {Family} model has no parameter '{name}'.");

    /// <summary>Names of the layers that methods adapt unless told otherwise, as suffixes: <c>q_proj</c>, <c>v_proj</c>.</summary>
    public abstract IReadOnlyList<string> DefaultTargets { get; }

    /// <summary>Names of the four attention projections as suffixes, for methods that adapt all of them.</summary>
    public abstract IReadOnlyList<string> AttentionTargets { get; }

    /// <summary>
    /// Index of the transformer block that holds a site, and which part of it: what granularity <c>layer</c> and
    /// <c>block</c> of a mixture group by. Null for a site outside the blocks.
    /// </summary>
    public abstract SitePlace? PlaceOf(string site);

    /// <summary>How a site's input lies in the image; null for models or sites without a spatial layout.</summary>
    public virtual SpatialLayout? LayoutOf(string site) => null;

    /// <summary>How files call the weights, beyond the names that the modules are registered under.</summary>
    protected internal virtual WeightNames FileNames => new();

    /// <summary>Draws fresh weights from a generator; biases and norms keep what they were made with.</summary>
    protected internal virtual void Initialise(Generator generator) =>
        throw new NotSupportedException($"The {Family} model cannot be made with fresh weights.");

    /// <summary>Nothing beside what constructors register: names are those of the files, also where it becomes a part of another.</summary>
    protected override void RegisterComponents() { }

    /// <summary>Reads a place off a site's name: the block's index behind a prefix, then the part of the block.</summary>
    private protected static SitePlace? PlaceIn(string site, string blocks, string attention)
    {
        if (!site.StartsWith(blocks, StringComparison.Ordinal))
            return null;
        var parts = site[blocks.Length..].Split('.', 2);
        return parts.Length == 2 && int.TryParse(parts[0], out var block)
            ? new SitePlace(block, parts[1].StartsWith(attention, StringComparison.Ordinal) ? "attention" : "mlp")
            : null;
    }

    private static IEnumerable<KeyValuePair<string, Site>> SitesBeneath(Module module, string prefix)
    {
        foreach (var (name, child) in module.named_children())
            if (child is Site site)
                yield return new(prefix + name, site);
            else
                foreach (var found in SitesBeneath(child, $"{prefix}{name}."))
                    yield return found;
    }
}

/// <summary>Where a site stands: block index, and the part of the block (<c>attention</c> or <c>mlp</c>).</summary>
public readonly record struct SitePlace(int Block, string Part);

/// <summary>What adapters may know of a forward pass's input beyond what their sites see.</summary>
/// <param name="Mask">Which tokens are real <c>[batch, seq]</c> (0 = padding); null when all are.</param>
/// <param name="Grid">Rows and columns of patches of the images; null where the input is none.</param>
/// <param name="Pixels">The images <c>[batch, channels, height, width]</c>; null where the input is none.</param>
public sealed record ModelInput(Tensor? Mask = null, (int Rows, int Columns)? Grid = null, Tensor? Pixels = null)
{
    /// <summary>Of images that are cut into patches.</summary>
    internal static ModelInput Of(Tensor pixels, (int Height, int Width) patch) =>
        new(Grid: ((int)pixels.shape[2] / patch.Height, (int)pixels.shape[3] / patch.Width), Pixels: pixels);
}

/// <summary>
/// How tokens lie on an image grid. Where <see cref="Tokens"/> is false the site sees <c>[batch, height, width, channels]</c>
/// and the grid is read off its shape; else it sees <c>[batch, prefix + height·width, channels]</c>.
/// </summary>
public sealed record SpatialLayout(bool Tokens, int Prefix, int Height, int Width);
