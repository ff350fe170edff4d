using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models.Layers;
using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>A causal language model of the Llama family: <c>llama</c>, <c>mistral</c>, <c>qwen2</c>.</summary>
/// <remarks>
/// Touvron et al. 2023, arXiv:2302.13971 and 2307.09288; Jiang et al. 2023, arXiv:2310.06825; Yang et al. 2024, arXiv:2407.10671.
/// </remarks>
public sealed class CausalModel : BaseModel
{
    private readonly CausalTrunk _trunk;
    private readonly LinearSite _head;
    private RotaryPositions _positions;
    private RopeScaling? _loadedScaling; // set once positions are interpolated

    internal CausalModel(string family, JsonObject config, Device? device = null) : base(family, config)
    {
        Architecture = CausalConfig.Read(family, config);
        _positions = new RotaryPositions(Architecture);
        register_module("model", _trunk = new CausalTrunk(Architecture, device));
        register_module("lm_head", _head = Architecture.Tied
            ? new LinearSite(_trunk.Embedding.Weight)
            : new LinearSite(Architecture.Hidden, Architecture.Vocabulary, hasBias: false, device));
    }

    /// <summary>The architecture.</summary>
    public CausalConfig Architecture { get; private set; }

    /// <summary>What stands in for full attention in training mode; null for full attention.</summary>
    public ICausalAttention? TrainingAttention { get; set; }

    /// <inheritdoc/>
    public override CausalModel LanguageModel => this;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultTargets => ["q_proj", "v_proj"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> AttentionTargets => ["q_proj", "k_proj", "v_proj", "o_proj"];

    /// <inheritdoc/>
    public override IReadOnlyList<ModelBlock> Blocks => _trunk.Blocks;

    /// <inheritdoc/>
    public override SitePlace? PlaceOf(string site) => PlaceIn(site, "model.layers.", attention: "self_attn.");

    /// <summary>Logits of each token's position.</summary>
    /// <param name="tokens">Integers <c>[batch, seq]</c>.</param>
    /// <param name="mask">Which tokens are real <c>[batch, seq]</c> (0 = padding), or null when all are.</param>
    /// <param name="positions">Their positions <c>[batch, seq]</c>; where null they count from 0, or count the real tokens.</param>
    /// <param name="prefix">Embeddings that stand before the tokens of every row and count as positions
    /// <c>[batch, prefix, hidden]</c>, or null; then <paramref name="positions"/> must be null.</param>
    /// <returns><c>[batch, seq, vocabulary]</c></returns>
    public Tensor Logits(Tensor tokens, Tensor? mask = null, Tensor? positions = null, Tensor? prefix = null)
    {
        using var scope = NewDisposeScope();
        return _head.call(Hidden(tokens, mask, positions, prefix)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of the token behind the last one.</summary>
    /// <returns><c>[batch, vocabulary]</c></returns>
    /// <inheritdoc cref="Logits"/>
    public Tensor NextToken(Tensor tokens, Tensor? prefix = null)
    {
        using var scope = NewDisposeScope();
        return _head.call(Hidden(tokens, prefix: prefix).narrow(1, -1, 1)).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>The final norm's output of each token's position: what the output layer sees.</summary>
    /// <returns><c>[batch, seq, hidden]</c></returns>
    /// <inheritdoc cref="Logits"/>
    public Tensor Hidden(Tensor tokens, Tensor? mask = null, Tensor? positions = null, Tensor? prefix = null)
    {
        using var scope = NewDisposeScope();
        if (prefix is null)
            return _trunk.Run(tokens, Prepare(tokens.shape[1], tokens.device, mask, positions, cache: null)).MoveToOuterDisposeScope();
        if (mask is not null)
            mask = cat([ones_like(mask.narrow(1, 0, 1)).expand(-1, prefix.shape[1]), mask], 1);
        var (before, count) = (prefix.shape[1], tokens.shape[1]);
        var all = _trunk.Run(tokens, Prepare(before + count, tokens.device, mask, positions, cache: null), prefix: prefix);
        return all.narrow(1, before, count).MoveToOuterDisposeScope();
    }

    /// <summary>The embeddings, each block's output, the last one after the final norm.</summary>
    /// <returns>Each <c>[batch, seq, hidden]</c>.</returns>
    /// <inheritdoc cref="Logits"/>
    public IReadOnlyList<Tensor> HiddenStates(Tensor tokens, Tensor? mask = null, Tensor? positions = null)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor>();
        var pass = Prepare(tokens.shape[1], tokens.device, mask, positions, cache: null);
        _trunk.Run(tokens, pass, x => states.Add(x.alias().MoveToOuterDisposeScope()));
        return [.. states.Select(state => state.MoveToOuterDisposeScope())];
    }

    /// <summary>The mean cross-entropy in nats of each position's logits against the next position's label.</summary>
    /// <param name="tokens">Integers <c>[batch, seq]</c>.</param>
    /// <param name="labels">Integers <c>[batch, seq]</c>; those that are -100 do not count.</param>
    /// <param name="mask">Which tokens are real, or null when all are.</param>
    /// <param name="positions">Their positions, or null.</param>
    /// <returns>A scalar.</returns>
    public Tensor Loss(Tensor tokens, Tensor labels, Tensor? mask = null, Tensor? positions = null)
    {
        using var scope = NewDisposeScope();
        return NextTokenLoss.Mean(Hidden(tokens, mask, positions), _head, labels).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The cross-entropy in nats at each position against the next position's label, 0 where that is -100. Without gradients.
    /// </summary>
    /// <returns><c>[batch, seq - 1]</c></returns>
    /// <inheritdoc cref="Loss"/>
    public Tensor TokenLosses(Tensor tokens, Tensor labels, Tensor? mask = null, Tensor? positions = null)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return NextTokenLoss.Each(Hidden(tokens, mask, positions), _head, labels).MoveToOuterDisposeScope();
    }

    /// <summary>Continues prompts by the likeliest token, one at a time.</summary>
    /// <param name="prompt">Integers <c>[batch, seq]</c>, padded on the left where lengths differ.</param>
    /// <param name="count">Tokens to add at most.</param>
    /// <param name="end">The token that ends a text; once every row has had it, generation ends. Null never ends.</param>
    /// <param name="mask">Which tokens are real, or null when all are.</param>
    /// <returns>
    /// Prompt and continuation <c>[batch, seq + count or fewer]</c>; behind its end a row repeats <paramref name="end"/>.
    /// </returns>
    public Tensor Generate(Tensor prompt, int count, long? end = null, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        // What an adapter adds may hang on the whole sequence; then it must see it whole at each step.
        using var cache = Sites.Values.Any(site => site.Adapters.Any(adapter => adapter.SeesSequence))
            ? null
            : new KeyValueCache(Architecture.Layers, prompt.shape[1] + count);
        var generation = new GreedyGeneration(Next, end);
        return generation.Continue(prompt, count, mask).MoveToOuterDisposeScope();

        // Logits of the token behind all these, [batch, vocabulary].
        Tensor Next(Tensor tokens, Tensor? real)
        {
            var known = cache?.Length ?? 0;
            var fresh = tokens.narrow(1, known, tokens.shape[1] - known);
            var hidden = _trunk.Run(fresh, Prepare(fresh.shape[1], fresh.device, real, positions: null, cache));
            cache?.Advance(fresh.shape[1]);
            return _head.call(hidden.narrow(1, -1, 1)).squeeze(1);
        }
    }

    /// <summary>The factor of <see cref="InterpolatePositions"/> that holds now; 1 for the model as it was loaded.</summary>
    public double Interpolation { get; private set; } = 1;

    /// <summary>
    /// Interpolates positions by the least whole factor of the pretrained length that reaches a length; a model whose angles
    /// as loaded reach it keeps those.
    /// </summary>
    /// <exception cref="AdapterException">When the model's angles are stretched in another way already.</exception>
    public void ReachLength(int length)
    {
        var loaded = (_loadedScaling ?? Architecture.RopeScaling) is RopeScaling.Linear linear ? linear.Factor : 1;
        var pretrained = Architecture.MaxPositions;
        InterpolatePositions(length <= pretrained * loaded ? 1 : Math.Ceiling((double)length / pretrained) / loaded);
    }

    /// <summary>
    /// Position interpolation: the angles of the model as it was loaded, divided by a factor, so that positions up to
    /// factor times the pretrained length fall within it. A second call replaces the first; 1 restores. What
    /// <see cref="BaseModel.Config"/> says follows, so that a saved folder is read with the same angles.
    /// </summary>
    /// <remarks>Chen et al. 2023, arXiv:2306.15595; LongLoRA, Chen et al. 2023, arXiv:2309.12307, builds on it.</remarks>
    /// <param name="factor">Target length over pretrained length, above 0.</param>
    /// <exception cref="AdapterException">When the model's angles are stretched in another way already.</exception>
    public void InterpolatePositions(double factor)
    {
        if (!(factor > 0 && double.IsFinite(factor)))
            throw new AdapterException($"The factor of position interpolation must be above 0, but is {factor}.");
        if (factor == 1 && _loadedScaling is null)
            return; // nothing was changed, and angles that cannot be interpolated may stay as they are
        var loaded = _loadedScaling ??= Architecture.RopeScaling;
        var total = loaded switch
        {
            RopeScaling.None => factor,
            RopeScaling.Linear linear => linear.Factor * factor,
            _ => throw new AdapterException(
                $"Positions cannot be interpolated linearly: the model's are stretched already, as {loaded.GetType().Name}."),
        };
        Architecture = Architecture with { RopeScaling = total == 1 ? new RopeScaling.None() : new RopeScaling.Linear(total) };
        _positions.Dispose();
        _positions = new RotaryPositions(Architecture);
        Architecture.RopeScaling.WriteTo(Config, Architecture.RopeTheta);
        Interpolation = factor;
    }

    /// <summary>Gives a tied output layer a weight of its own, so that it can be changed without the embedding.</summary>
    public void UntieHead()
    {
        _head.Untie();
        Architecture = Architecture with { Tied = false };
        Config["tie_word_embeddings"] = false;
    }

    /// <inheritdoc/>
    protected internal override WeightNames FileNames => new()
    {
        Prefix = "model.",
        Head = ["lm_head."],
        Ignored = name => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
            || (Architecture.Tied && name == "lm_head.weight"),
    };

    /// <inheritdoc/>
    protected internal override void Initialise(Generator generator)
    {
        var deviation = Architecture.InitialDeviation;
        // Each block adds to the residual stream twice; so scaled, the stream's variance does not grow with depth.
        var intoResidual = deviation / Math.Sqrt(2 * Architecture.Layers);
        foreach (var (name, parameter) in named_parameters())
            if (parameter.dim() > 1)
                FreshWeights.Normal(parameter, IntoResidual(name) ? intoResidual : deviation, generator);

        static bool IntoResidual(string name) =>
            name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _positions.Dispose();
        base.Dispose(disposing);
    }

    private ForwardPass Prepare(long count, Device device, Tensor? mask, Tensor? positions, KeyValueCache? cache)
    {
        var seen = cache?.Length ?? 0;
        if (positions is null && mask is not null) // a padded row's first real token has position 0
            positions = (mask.to(int64).cumsum(1) - 1).clamp(0).narrow(1, seen, count);
        Begin(new ModelInput(mask));
        return new ForwardPass
        {
            Rotation = positions is null ? _positions.At(seen, count, device) : _positions.At(positions),
            Mask = AttentionMask.For(seen, count, mask, window: null, device),
            WindowMask = AttentionMask.For(seen, count, mask, Architecture.Window, device),
            FirstWindowedLayer = Architecture.FirstWindowedLayer,
            Padding = mask,
            Cache = cache,
            TrainingAttention = TrainingAttention,
        };
    }
}
