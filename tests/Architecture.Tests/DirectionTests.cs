using System.Reflection;
using Xunit;

namespace Architecture.Tests;

/// <summary>The drawing of docs/architecture.md, held: who may know whom.</summary>
public sealed class DirectionTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Experiments"] = [],
        ["Adapters"] = [],
        ["GpuActors"] = ["Adapters", "Experiments"],
        ["orchestrator"] = ["Adapters", "Experiments", "GpuActors"],
    };

    private static readonly Dictionary<string, string[]> Foreign = new()
    {
        ["Experiments"] = ["TorchSharp", "Akka", "Serilog", "Spectre.Console", "System.CommandLine", "Microsoft.AspNetCore"],
        ["Adapters"] = ["Akka", "LiteDB", "Serilog", "Spectre.Console", "System.CommandLine", "Microsoft.AspNetCore"],
        ["GpuActors"] = ["LiteDB", "Serilog", "Spectre.Console", "System.CommandLine", "Microsoft.AspNetCore"],
        ["orchestrator"] = ["LiteDB", "TorchSharp"],
    };

    public static TheoryData<string> Assemblies => [.. Allowed.Keys];

    [Theory, MemberData(nameof(Assemblies))]
    public void An_assembly_knows_only_those_below_it(string name)
    {
        var ours = References(name).Where(Allowed.ContainsKey);

        Assert.Empty(ours.Except(Allowed[name]));
    }

    [Theory, MemberData(nameof(Assemblies))]
    public void An_assembly_keeps_away_from_what_is_not_its_trade(string name)
    {
        var references = References(name);

        Assert.DoesNotContain(references, reference => Foreign[name].Any(prefix =>
            reference == prefix || reference.StartsWith(prefix + ".", StringComparison.Ordinal)));
    }

    private static string[] References(string name) =>
        [.. Assembly.Load(name).GetReferencedAssemblies().Select(reference => reference.Name!)];
}
