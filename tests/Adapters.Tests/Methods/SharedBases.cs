using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>
/// The tiny bases, loaded once for many tests, of which each leaves them as they were: what it attaches it takes off.
/// </summary>
public sealed class SharedBases : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<(string On, string Method, bool Head), IReadOnlyList<string>> _experts = [];
    private readonly Dictionary<string, (BaseModel Model, Tensor Bare)> _bases = [];

    public SharedBases()
    {
        foreach (var (name, tiny) in TinyBase.All)
        {
            var model = tiny.Load();
            _bases.Add(name, (model, TinyBase.Evaluate(model)));
        }
    }

    /// <summary>A base.</summary>
    public BaseModel Of(string name) => _bases[name].Model;

    /// <summary>Its output before anything was attached to it.</summary>
    public Tensor OutputOf(string name) => _bases[name].Bare;

    /// <summary>What a trial would add for a method on a base; what it composes is trained once for all such methods.</summary>
    public AttachContext ContextFor(string method, string on, bool head = true) =>
        TinyBase.ContextFor(method, Of(on), (kind, headed) => ExpertsFor(on, kind, headed), head);

    private IReadOnlyList<string> ExpertsFor(string on, string method, bool head)
    {
        if (!_experts.TryGetValue((on, method, head), out var experts))
            _experts[(on, method, head)] = experts = [.. Enumerable.Range(0, 2).Select(expert => TinyBase.Expert(
                Of(on), _folder.File($"{_experts.Count}-{expert}"), (ulong)expert, head: head, method: method))];
        return experts;
    }

    public void Dispose()
    {
        foreach (var (model, bare) in _bases.Values)
        {
            model.Dispose();
            bare.Dispose();
        }

        _folder.Dispose();
    }
}
