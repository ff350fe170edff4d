using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>
/// A model in llama2.c's first format: seven 32-bit integers, then all weights in float32, kind by kind. Rows of q and k
/// lie in interleaved order there and are put in the half-split order of Hugging Face.
/// </summary>
public static class Llama2CFile
{
    private const int Chunk = 1 << 20;

    private sealed record Header(int Hidden, int Intermediate, int Layers, int Heads, int KeyValueHeads, int Vocabulary,
        bool Tied, int Length)
    {
        public int HeadWidth => Hidden / Heads;

        /// <summary>Bytes of a file with this header.</summary>
        public Int128 Bytes()
        {
            Int128 hidden = Hidden, keys = HeadWidth * KeyValueHeads;
            var block = (2 * hidden) + (2 * hidden * hidden) + (2 * keys * hidden) + (3 * hidden * Intermediate);
            var floats = (hidden * Vocabulary * (Tied ? 1 : 2)) + (Layers * block) + hidden + ((Int128)Length * HeadWidth);
            return 28 + (4 * floats);
        }
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">The file, usually called <c>.bin</c>.</param>
    /// <param name="device">Where the weights shall lie; the CPU when null.</param>
    /// <exception cref="AdapterException">When it cannot be read or is not of this format.</exception>
    public static CausalModel Load(string path, Device? device = null)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var header = ReadHeader(stream, path);
            var model = new CausalModel("llama", ConfigOf(header), device);
            ReadWeights(stream, header, model);
            return model;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static Header ReadHeader(FileStream stream, string path)
    {
        Span<byte> bytes = stackalloc byte[28];
        if (stream.Length < bytes.Length)
            throw new AdapterException($"{path} is not a llama2.c model: it is {stream.Length} bytes long, shorter than the header of 28.");
        stream.ReadExactly(bytes);
        var numbers = new int[7];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);

        // A vocabulary below zero says that the output layer has a weight of its own.
        var (tied, vocabulary) = (numbers[5] > 0, numbers[5] == int.MinValue ? 0 : Math.Abs(numbers[5]));
        var header = new Header(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], vocabulary, tied, numbers[6]);
        var sound = header is { Hidden: > 0, Intermediate: > 0, Layers: > 0, Heads: > 0, KeyValueHeads: > 0, Vocabulary: > 0, Length: > 0 }
            && header.Hidden % header.Heads == 0 && header.HeadWidth % 2 == 0 && header.Heads % header.KeyValueHeads == 0;
        if (!sound || header.Bytes() != stream.Length)
            throw new AdapterException($"{path} is not a llama2.c model: its {stream.Length} bytes do not fit the header "
                + $"({string.Join(", ", numbers)}).");
        return header;
    }

    private static JsonObject ConfigOf(Header header) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["vocab_size"] = header.Vocabulary,
        ["hidden_size"] = header.Hidden,
        ["intermediate_size"] = header.Intermediate,
        ["num_hidden_layers"] = header.Layers,
        ["num_attention_heads"] = header.Heads,
        ["num_key_value_heads"] = header.KeyValueHeads,
        ["max_position_embeddings"] = header.Length,
        ["rms_norm_eps"] = 1e-5,
        ["rope_theta"] = 10000.0,
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = header.Tied,
        ["torch_dtype"] = "float32",
    };

    private static void ReadWeights(FileStream stream, Header header, CausalModel model)
    {
        var parameters = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        Read("model.embed_tokens.weight");
        ReadEach("input_layernorm.weight");
        ReadEach("self_attn.q_proj.weight", interleavedHeads: header.Heads);
        ReadEach("self_attn.k_proj.weight", interleavedHeads: header.KeyValueHeads);
        ReadEach("self_attn.v_proj.weight");
        ReadEach("self_attn.o_proj.weight");
        ReadEach("post_attention_layernorm.weight");
        ReadEach("mlp.gate_proj.weight");
        ReadEach("mlp.down_proj.weight");
        ReadEach("mlp.up_proj.weight");
        Read("model.norm.weight");
        stream.Position += 4L * header.Length * header.HeadWidth; // tables of angles, which follow from the header
        if (!header.Tied)
            Read("lm_head.weight");

        void ReadEach(string name, int? interleavedHeads = null)
        {
            for (var layer = 0; layer < header.Layers; layer++)
                Read($"model.layers.{layer}.{name}", interleavedHeads);
        }

        void Read(string name, int? interleavedHeads = null)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var stored = empty(parameters[name].shape);
            stored.ReadBytesFromStream(stream, Chunk);
            parameters[name].copy_(interleavedHeads is { } heads ? HalfSplit(stored, heads) : stored);
        }
    }

    /// <summary>Rows <c>[heads, width/2, 2]</c> to <c>[heads, 2, width/2]</c>.</summary>
    private static Tensor HalfSplit(Tensor weight, int heads) =>
        weight.view(heads, -1, 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape);
}
