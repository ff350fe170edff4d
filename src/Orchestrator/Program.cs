using GpuActors;
using Orchestrator.Commands;
using Orchestrator.Reading;
using Orchestrator.Terminal;

namespace Orchestrator;

internal static class Program
{
    private static Task<int> Main(string[] arguments) => new CommandLineProgram(new CommandContext(Surroundings.OfProcess())
    {
        Catalogue = () => new AdapterCatalogue(),
        Sweeps = SweepReaders.OpenAsync,
    }).RunAsync(arguments);
}
