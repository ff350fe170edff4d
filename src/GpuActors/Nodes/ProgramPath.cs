using System.Collections.Immutable;
using System.Reflection;

namespace GpuActors.Nodes;

/// <summary>How this very program is started again.</summary>
/// <param name="File">The file to run.</param>
/// <param name="Arguments">Arguments that come first.</param>
public sealed record ProgramPath(string File, ImmutableArray<string> Arguments)
{
    /// <summary>The program that runs now; where <c>dotnet</c> runs it, with its assembly as first argument.</summary>
    public static ProgramPath Current
    {
        get
        {
            var file = Environment.ProcessPath ?? throw new InvalidOperationException("The program's own file is not known.");
            return Path.GetFileNameWithoutExtension(file).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
                ? new ProgramPath(file, [Assembly.GetEntryAssembly()!.Location])
                : new ProgramPath(file, []);
        }
    }
}
