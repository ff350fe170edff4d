using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Compositions;

/// <summary>Trained adapters on the small llama, and what is composed of them.</summary>
internal sealed class Composing : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public TemporaryFolder Folder { get; } = new();

    public static string[] Methods { get; } = ["nla", "svd", "ties", "dare", "magnitude-prune", "pems"];

    public IReadOnlyList<string> Experts(int count, string options = "{}") =>
        TinyBase.Experts(TinyBase.Llama, Folder, options, count);

    /// <summary>The folder of a LoRA expert.</summary>
    public string Expert(string name, ulong seed, string options = "{}")
    {
        using var model = TinyBase.Llama.Load();
        return TinyBase.Expert(model, Folder.File(name), seed, options);
    }

    /// <summary>What the bare base gives.</summary>
    public static Tensor Base()
    {
        using var model = TinyBase.Llama.Load();
        return TinyBase.Evaluate(model);
    }

    /// <summary>What the base gives with a saved adapter.</summary>
    public static Tensor Loaded(string folder)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = AdapterFolder.Load(folder, model);
        return TinyBase.Evaluate(model);
    }

    /// <summary>What the base gives with a composition.</summary>
    public static Tensor Composed(string method, IReadOnlyList<string> experts, string options = "{}", Action<Adapter>? change = null)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = On(model, method, experts, options);
        change?.Invoke(adapter);
        return TinyBase.Evaluate(model);
    }

    public static Adapter On(BaseModel model, string method, IReadOnlyList<string> experts, string options = "{}") =>
        TinyBase.Attach(method, model, options, new AttachContext { Experts = experts });

    public void Dispose()
    {
        _scope.Dispose();
        Folder.Dispose();
    }
}
