using Adapters.Methods;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Features S of an image that convolutions make, at 1/8, 1/16 and 1/32 of its size, and which a transformer's features F and they
/// attend to each other by. It lasts for a pass: from the first injection, which makes it, to the last.
/// </summary>
/// <remarks>Chen et al. 2022, arXiv:2205.08534, sections 3.2 to 3.4, with plain attention.</remarks>
internal sealed class SpatialPrior
{
    private const double Epsilon = 1e-6;

    private readonly Widths _widths;
    private readonly Layer[] _stem, _levels;
    private readonly Parameter _level; // [3, hidden], tells the sizes apart
    private readonly Attention[] _injections, _extractions;
    private readonly Parameter[] _gammas; // each [hidden]
    private readonly FeedForward[] _feedForwards;
    private Tensor? _pixels, _features; // [batch, places of all sizes, hidden]
    private (long Height, long Width)[] _sizes = [];

    /// <summary>Draws fresh layers.</summary>
    /// <param name="on">What they belong to.</param>
    /// <param name="channels">Colour channels.</param>
    /// <param name="stages">How often F takes from S; it gives once less.</param>
    /// <param name="widths">Their widths.</param>
    public SpatialPrior(Attachment on, long channels, int stages, Widths widths)
    {
        _widths = widths;
        var (hidden, stem) = (widths.Hidden, widths.Stem);
        long[] features = [channels, stem, stem, 2 * stem, 4 * stem, 4 * stem];
        _stem = [.. features.Zip(features.Skip(1)).Select((pair, i) => Fresh($"stem.{i}", pair.Second, [pair.First, 3, 3]))];
        _levels = [.. features[3..].Select((width, i) => Fresh($"levels.{i}", hidden, [width, 1, 1]))];
        _level = on.Share("spatial_prior.level", () => empty(3, hidden).normal_(0, 1, on.Generator).to(on.Model.Device));
        _injections = [.. Enumerable.Range(0, stages).Select(stage => FreshAttention($"injections.{stage}"))];
        _gammas = [.. Enumerable.Range(0, stages).Select(stage =>
            on.Share($"spatial_prior.injections.{stage}.gamma", () => zeros(hidden, device: on.Model.Device)))];
        _extractions = [.. Enumerable.Range(0, stages - 1).Select(stage => FreshAttention($"extractions.{stage}"))];
        _feedForwards = [.. Enumerable.Range(0, stages - 1).Select(stage => new FeedForward(
            Norm($"feed_forwards.{stage}.norm"),
            Fresh($"feed_forwards.{stage}.wide", widths.FeedForward, [hidden]),
            Fresh($"feed_forwards.{stage}.depthwise", widths.FeedForward, [1, 3, 3]),
            Fresh($"feed_forwards.{stage}.narrow", hidden, [widths.FeedForward])))];

        Attention FreshAttention(string name) => new(
            Norm($"{name}.query_norm"),
            Norm($"{name}.norm"),
            Fresh($"{name}.query", widths.Attention, [hidden]),
            Fresh($"{name}.key", widths.Attention, [hidden]),
            Fresh($"{name}.value", widths.Attention, [hidden]),
            Fresh($"{name}.output", hidden, [widths.Attention]));

        Layer Norm(string name) => new(
            on.Share($"spatial_prior.{name}.weight", () => ones(hidden, device: on.Model.Device)),
            on.Share($"spatial_prior.{name}.bias", () => zeros(hidden, device: on.Model.Device)));

        Layer Fresh(string name, long outputs, long[] inputs) => new(
            on.Share($"spatial_prior.{name}.weight",
                () => FreshFactor.KaimingUniform([outputs, .. inputs], on.Generator).to(on.Model.Device)),
            on.Share($"spatial_prior.{name}.bias", () => zeros(outputs, device: on.Model.Device)));
    }

    /// <summary>A pass begins.</summary>
    /// <param name="pixels">Its images <c>[batch, channels, height, width]</c>, to be kept no longer than the pass.</param>
    public void Begin(Tensor pixels)
    {
        Become(null);
        _pixels = pixels;
    }

    /// <summary>F + γ·Attn(LN F, LN S).</summary>
    /// <param name="stage">From 0.</param>
    /// <param name="x">F <c>[batch, ..., hidden]</c></param>
    public Tensor Inject(int stage, Tensor x)
    {
        using var scope = NewDisposeScope();
        if (_features is null)
            Become(Convolve());
        var attended = Attend(_injections[stage], x.flatten(1, -2).to(_features!.dtype), _features).reshape(x.shape);
        if (stage == _injections.Length - 1)
            Become(null); // nothing asks for it any more
        return (x + (_gammas[stage] * attended).to(x.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>S += Attn(LN S, LN F), then S += ConvFFN(LN S).</summary>
    /// <param name="stage">From 0.</param>
    /// <param name="x">F <c>[batch, ..., hidden]</c></param>
    public void Extract(int stage, Tensor x)
    {
        using var scope = NewDisposeScope();
        var features = _features! + Attend(_extractions[stage], _features!, x.flatten(1, -2).to(_features!.dtype));
        Become(features + Run(_feedForwards[stage], features));
    }

    private void Become(Tensor? features)
    {
        _features?.Dispose();
        (_features, _pixels) = (features?.DetachFromDisposeScope(), null);
    }

    private Tensor Convolve()
    {
        var x = (_pixels ?? throw new InvalidOperationException("The model began no pass.")).to(_level.dtype);
        var maps = new List<Tensor>();
        foreach (var (weight, bias) in _stem)
            maps.Add(x = functional.relu(functional.conv2d(x, weight, bias, strides: [2, 2], padding: [1, 1])));
        var levels = maps.TakeLast(3).Zip(_levels, (map, layer) => functional.conv2d(map, layer.Weight, layer.Bias)).ToArray();
        _sizes = [.. levels.Select(level => (level.shape[2], level.shape[3]))];
        return cat([.. levels.Select((level, i) => level.flatten(2).transpose(1, 2) + _level[i])], 1);
    }

    /// <param name="layers">The layers.</param>
    /// <param name="asking"><c>[batch, n, hidden]</c></param>
    /// <param name="asked"><c>[batch, m, hidden]</c></param>
    private Tensor Attend(Attention layers, Tensor asking, Tensor asked)
    {
        var (from, to) = (Normalised(layers.QueryNorm, asking), Normalised(layers.Norm, asked));
        var attended = functional.scaled_dot_product_attention(
            Heads(layers.Query.Of(from)), Heads(layers.Key.Of(to)), Heads(layers.Value.Of(to)));
        return layers.Output.Of(attended.transpose(1, 2).flatten(2));

        Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _widths.Heads, -1).transpose(1, 2);
    }

    /// <summary>A feed-forward network with a 3×3 convolution of each feature within, at each of the three sizes.</summary>
    private Tensor Run(FeedForward layers, Tensor x)
    {
        var wide = layers.Wide.Of(Normalised(layers.Norm, x));
        var maps = wide.split([.. _sizes.Select(size => size.Height * size.Width)], 1).Zip(_sizes, (part, size) =>
            functional.conv2d(part.transpose(1, 2).reshape(x.shape[0], -1, size.Height, size.Width),
                layers.Depthwise.Weight, layers.Depthwise.Bias, padding: [1, 1], groups: _widths.FeedForward)
            .flatten(2).transpose(1, 2));
        return layers.Narrow.Of(functional.gelu(cat([.. maps], 1)));
    }

    private static Tensor Normalised(Layer norm, Tensor x) =>
        functional.layer_norm(x, [x.shape[^1]], norm.Weight, norm.Bias, Epsilon);

    /// <summary>Numbers of features.</summary>
    /// <param name="Hidden">Of the transformer, and of S.</param>
    /// <param name="Stem">Of the first convolutions.</param>
    /// <param name="Attention">That attention is computed at.</param>
    /// <param name="Heads">Of the attention.</param>
    /// <param name="FeedForward">Within the feed-forward network.</param>
    internal sealed record Widths(int Hidden, int Stem, int Attention, int Heads, int FeedForward);

    private sealed record Layer(Parameter Weight, Parameter Bias)
    {
        public Tensor Of(Tensor x) => functional.linear(x, Weight, Bias);
    }

    private sealed record Attention(Layer QueryNorm, Layer Norm, Layer Query, Layer Key, Layer Value, Layer Output);

    private sealed record FeedForward(Layer Norm, Layer Wide, Layer Depthwise, Layer Narrow);
}
