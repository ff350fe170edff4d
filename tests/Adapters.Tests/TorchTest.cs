using static TorchSharp.torch;

namespace Adapters.Tests;

/// <summary>
/// Tests whose tensors are freed when each ends, with a folder of its own for those that ask for one. Tensors in fields are made in a
/// constructor: what initialises fields runs before there is a scope.
/// </summary>
public abstract class TorchTest : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private TemporaryFolder? _folder;

    private protected TemporaryFolder Folder => _folder ??= new();

    public virtual void Dispose()
    {
        _scope.Dispose();
        _folder?.Dispose();
        GC.SuppressFinalize(this);
    }
}
