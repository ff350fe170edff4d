using Adapters.Checkpoints;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>The tensors of one safetensors file of a case. Remembers which were asked for, so that none is overlooked.</summary>
/// <param name="path">The file.</param>
/// <param name="device">Where the tensors shall lie; the CPU when null.</param>
public sealed class GoldenTensors(string path, Device? device = null)
{
    private readonly Dictionary<string, Tensor> _tensors = SafeTensorsFile.ReadAll(path, device);
    private readonly HashSet<string> _asked = [];

    /// <summary>All names.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Names that nothing asked for.</summary>
    public IEnumerable<string> Unasked => _tensors.Keys.Except(_asked);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="AdapterException">When the file lacks it.</exception>
    public Tensor this[string name] => Find(name) ?? throw new AdapterException($"{path} holds no tensor '{name}'.");

    /// <summary>The tensor of that name, or null.</summary>
    public Tensor? Find(string name)
    {
        _asked.Add(name);
        return _tensors.GetValueOrDefault(name);
    }

    /// <summary>The tensors whose name begins so, by the rest of their name.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Under(string prefix) =>
        _tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => (name[prefix.Length..], this[name]));
}
