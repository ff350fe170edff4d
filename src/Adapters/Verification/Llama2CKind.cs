using Adapters.Models;
using Adapters.Models.Causal;

namespace Adapters.Verification;

/// <summary>One model as a llama2.c file and as a Hugging Face folder: both give the recorded logits.</summary>
[GoldenKind("models/llama2c")]
internal sealed class Llama2CKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var io = golden.Tensors("io.safetensors");
        using var fromFile = Llama2CFile.Load(golden.PathOf("model.bin"), golden.Device);
        using var fromFolder = (CausalModel)ModelFolder.Load(golden.Folder, golden.Device);
        fromFile.eval();
        fromFolder.eval();

        compare.Output("logits of model.bin", fromFile.Logits(io["input_ids"]), io["logits"]);
        compare.Output("logits of the folder", fromFolder.Logits(io["input_ids"]), io["logits"]);
    }
}
