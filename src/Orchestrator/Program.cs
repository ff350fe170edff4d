using Orchestrator.Commands;
using Orchestrator.Terminal;

namespace Orchestrator;

internal static class Program
{
    private static Task<int> Main(string[] arguments) => new CommandLineProgram(new CommandContext(Surroundings.OfProcess())
    {
        Catalogue = () => throw new NotSupportedException(),
        Sweeps = _ => throw new NotSupportedException(),
    }).RunAsync(arguments);
}
