using System.Globalization;
using System.Text.Json.Nodes;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// LoRAs of parts of a fused layer as one of the whole: the factors A one beneath another, the factors B side by side, each in the rows
/// of its part, and zeros elsewhere. It computes the same, and PEFT, which knows no parts, reads it.
/// </summary>
internal static class JoinedParts
{
    private const string A = ".lora_A.weight";
    private const string B = ".lora_B.weight";
    private const string BiasOfB = ".lora_B.bias";

    /// <summary>Joins them.</summary>
    /// <param name="options">The adapter's options, which name ranks and scales of the parts.</param>
    /// <param name="tensors">The adapter's tensors; those of parts are replaced.</param>
    /// <param name="parts">Of each part by full name the first of its outputs, and the number of outputs of the whole.</param>
    /// <returns>Options that name layers, ranks and scales one by one.</returns>
    public static Lora.LowRankOptions Join(Lora.LowRankOptions options, Dictionary<string, Tensor> tensors, JsonObject parts)
    {
        var layers = new Dictionary<string, (long Rank, double Scale)>();
        foreach (var key in tensors.Keys.Where(key => key.EndsWith(A, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList())
            if (key[Attachment.Root.Length..^A.Length] is var name && !parts.ContainsKey(name))
                layers.Add(name, (tensors[key].shape[0], ScaleOf(name)));
        foreach (var whole in parts.GroupBy(part => part.Key[..part.Key.LastIndexOf('.')]))
            layers.Add(whole.Key, JoinLayer(whole.Key, [.. whole.Select(part => new Part(
                Attachment.Root + part.Key, ScaleOf(part.Key), (long)part.Value![0]!, (long)part.Value[1]!))], tensors));

        var rank = layers.Values.Max(layer => layer.Rank);
        var alpha = layers.Values.First().Scale * Divisor(rank);
        return options with
        {
            Rank = (int)rank,
            Alpha = alpha,
            RankPattern = Others(layer => layer.Rank, rank),
            AlphaPattern = Others(layer => layer.Scale * Divisor(layer.Rank), alpha),
            TargetModules = [.. layers.Keys],
            TargetPattern = null,
            ExcludeModules = null,
            ExcludePattern = null,
            LayersToTransform = null,
            LayersPattern = null,
        };

        double ScaleOf(string name) => ((Lora.LowRankOptions)options.For(name)).Scale;

        double Divisor(long ofRank) => options.Rslora ? Math.Sqrt(ofRank) : ofRank;

        string[]? Others(Func<(long Rank, double Scale), double> of, double usual) =>
            layers.Where(layer => of(layer.Value) != usual)
                .Select(layer => string.Create(CultureInfo.InvariantCulture, $"{layer.Key}={of(layer.Value)}")).ToArray()
                is { Length: > 0 } others ? others : null;
    }

    private sealed record Part(string Name, double Scale, long First, long OutputsOfWhole);

    /// <summary>The whole has the scale of the first part; those of others, where they differ, go into B.</summary>
    private static (long Rank, double Scale) JoinLayer(string layer, IReadOnlyList<Part> parts, Dictionary<string, Tensor> tensors)
    {
        var (name, scale, outputs) = (Attachment.Root + layer, parts[0].Scale, parts[0].OutputsOfWhole);
        var joined = cat([.. parts.Select(part => tensors[part.Name + A])], 0);
        var rank = joined.shape[0];
        var up = zeros([outputs, rank], joined.dtype);
        var bias = tensors.ContainsKey(parts[0].Name + BiasOfB) ? zeros(outputs, joined.dtype) : null;
        var column = 0L;
        foreach (var part in parts)
        {
            var own = tensors[part.Name + B];
            up.narrow(0, part.First, own.shape[0]).narrow(1, column, own.shape[1]).copy_(own * (part.Scale / scale));
            bias?.narrow(0, part.First, own.shape[0]).copy_(tensors[part.Name + BiasOfB] * (part.Scale / scale));
            column += own.shape[1];
            foreach (var end in new[] { A, B, BiasOfB })
                tensors.Remove(part.Name + end);
        }

        (tensors[name + A], tensors[name + B]) = (joined, up);
        if (bias is not null)
            tensors[name + BiasOfB] = bias;
        return (rank, scale);
    }
}
