namespace GpuActors.Nodes;

/// <summary>The workers that a process keeps for the devices of its machine.</summary>
internal interface ILocalWorkers : IAsyncDisposable
{
    /// <summary>Keeps them until it is disposed, or there is nothing to keep any more.</summary>
    Task RunAsync();

    /// <summary>Lets attempts save and workers leave; those that have not after a while are ended.</summary>
    Task StopAsync(TimeSpan within);

    /// <summary>Ends attempts without letting them save.</summary>
    void Kill();
}
