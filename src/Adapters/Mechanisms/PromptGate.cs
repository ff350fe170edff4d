using Adapters.Models;
using Adapters.Models.VisionLanguage;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// One gate for a whole model of two towers, <c>g = softmax([p; t]·W)</c>: p is the mean of the embeddings of an image's patches, t that
/// of the prompt's tokens, each layer-normed (no affine, ε 1e-5) since the two are of different size. It looks at what is embedded and
/// not yet encoded, because either tower's layers already ask for its weights. Without an image p is 0.
/// </summary>
internal sealed class PromptGate
{
    private readonly VisionLanguageModel _model;
    private readonly Site _patches;
    private readonly Site _tokens;
    private readonly SoftmaxGate _gate;
    private Tensor? _gates;

    /// <summary>A gate for a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weight">W <c>[features, experts]</c>, of as many rows as <see cref="FeaturesOf"/> says; its owner's.</param>
    public PromptGate(VisionLanguageModel model, Parameter weight)
    {
        (_model, _gate) = (model, new SoftmaxGate(weight));
        _patches = model.PatchEmbedding!;
        _tokens = model.LanguageModel.Sites.Values.First(site => site is EmbeddingSite);
    }

    /// <summary>Number of features that a gate for a model looks at: those of a patch and of a token, embedded.</summary>
    public static long FeaturesOf(VisionLanguageModel model) => model.PatchEmbedding!.Outputs + model.LanguageModel.Architecture.Hidden;

    /// <summary>The gates of this forward pass <c>[batch, experts]</c>.</summary>
    /// <exception cref="InvalidOperationException">When a tower ran by itself.</exception>
    public Tensor Gates => _gates ?? throw new InvalidOperationException("A tower ran before the gate had seen what both are given.");

    /// <summary>How unevenly the last pass used the experts.</summary>
    public PassImbalance Imbalance { get; } = new();

    /// <summary>Computes the gates of a forward pass.</summary>
    public void Open(Prompt prompt)
    {
        using var scope = NewDisposeScope();
        var text = InPrecision(_tokens.call(prompt.Tokens)); // [batch, seq, features]
        var real = prompt.Mask is null ? ones(1, text.shape[1], 1, device: text.device) : InPrecision(prompt.Mask.ne(0)).unsqueeze(-1);
        var read = (text * real).sum(dim: 1) / real.sum(dim: 1).clamp(min: 1);
        var seen = prompt.Pixels is null
            ? zeros([text.shape[0], _patches.Outputs], dtype: text.dtype, device: text.device)
            : InPrecision(_patches.call(prompt.Pixels)).mean([2, 3]);
        var choice = _gate.Choose(cat([Normalised(seen), Normalised(read)], 1), _model.training);

        _gates?.Dispose();
        _gates = choice.Gates.DetachFromDisposeScope(); // layers look at them after this pass's scopes
        Imbalance.Keep(_model.training ? choice.Imbalance() : null);

        Tensor InPrecision(Tensor values) => values.to(_gate.Weight.dtype);
    }

    /// <summary>Forgets the pass.</summary>
    public void Release()
    {
        _gates?.Dispose();
        _gates = null;
        Imbalance.Dispose();
    }

    private static Tensor Normalised(Tensor features) =>
        functional.layer_norm(features, [features.shape[^1]], eps: FrozenExperts.Epsilon);
}
