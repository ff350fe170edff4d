using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Tasks.Data;
using static TorchSharp.torch;

namespace Adapters.Tasks.Language;

/// <summary>What tasks on text share: batches of windows and losses over them.</summary>
internal static class LanguageBatches
{
    /// <summary>Tokens that go through the model at once in an evaluation, so that its memory is bounded.</summary>
    private const int TokensAtOnce = 2048;

    /// <summary>The model as a causal language model.</summary>
    /// <exception cref="AdapterException">When it is of another kind.</exception>
    public static CausalModel Causal(this BaseModel model, string task) => model as CausalModel
        ?? throw new AdapterException($"Task '{task}' needs a causal language model (llama, mistral, qwen2), "
            + $"but the base is of family '{model.Family}'.");

    /// <summary>The mean loss of a batch of sequences in which every token counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="size">Sequences in the batch.</param>
    /// <param name="random">Draws the batch's content.</param>
    /// <param name="length">Tokens in a sequence.</param>
    /// <param name="draw">Gives one sequence.</param>
    public static Tensor Loss(CausalModel model, int size, SplitMix64 random, int length, DrawSequence draw)
    {
        using var scope = NewDisposeScope();
        var batch = new int[size * length];
        for (var i = 0; i < size; i++)
            draw(ref random).CopyTo(batch.AsSpan(i * length));
        var tokens = tensor(batch, [size, length], device: model.Device).to(int64);
        return model.Loss(tokens, tokens).MoveToOuterDisposeScope();
    }

    /// <summary>Gives a sequence; the span is copied before the next is asked for.</summary>
    public delegate ReadOnlySpan<int> DrawSequence(ref SplitMix64 random);

    /// <summary>Takes the losses of a sequence: of predicting each token after the first, in nats.</summary>
    public delegate void TakeLosses(ReadOnlySpan<float> losses);

    /// <summary>Gives the token losses of each sequence.</summary>
    /// <param name="model">The model in evaluation mode.</param>
    /// <param name="sequences">Sequences of one length.</param>
    /// <param name="each">Takes the losses of a sequence.</param>
    /// <param name="cancel">Ends it early, by exception.</param>
    public static void Measure(CausalModel model, IReadOnlyList<int[]> sequences, TakeLosses each, CancellationToken cancel)
    {
        var length = sequences.Select(sequence => sequence.Length).FirstOrDefault(1);
        foreach (var chunk in sequences.Chunk(Math.Max(1, TokensAtOnce / length)))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var tokens = tensor(chunk.SelectMany(sequence => sequence).ToArray(), [chunk.Length, length], device: model.Device).to(int64);
            var losses = model.TokenLosses(tokens, tokens).cpu().data<float>().ToArray();
            for (var row = 0; row < chunk.Length; row++)
                each(losses.AsSpan(row * (length - 1), length - 1));
        }
    }
}
