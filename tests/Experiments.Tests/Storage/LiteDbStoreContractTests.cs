using Experiments.Storage;

namespace Experiments.Tests.Storage;

public sealed class LiteDbStoreContractTests : ExperimentStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IExperimentStore Open() => LiteDbStore.Open(_folder.Path, warning => throw new InvalidOperationException(warning));
}
