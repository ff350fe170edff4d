using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Runs <c>run.ps1</c> in a real PowerShell, with a stand-in for <c>dotnet</c> that says what it was asked.</summary>
public sealed class RunScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("run-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("build", "build -c Release ROOT/Orchestrator.sln")]
    [InlineData("test", "test -c Release ROOT/Orchestrator.sln")]
    [InlineData("test --filter Kill", "test -c Release ROOT/Orchestrator.sln --filter Kill")]
    [InlineData("run", "run -c Release --project ROOT/src/Orchestrator -- run ROOT/config/quickstart.yaml")]
    [InlineData("run my.yaml --data there", "run -c Release --project ROOT/src/Orchestrator -- run my.yaml --data there")]
    [InlineData("verify golden --json", "run -c Release --project ROOT/src/Orchestrator -- verify golden --json")]
    [InlineData("bench step", "run -c Release --project ROOT/bench -- step")]
    public void A_verb_means_its_dotnet_command(string arguments, string command)
    {
        var asked = Run(arguments);

        Assert.Equal([command.Replace("ROOT", Checkout.Root, StringComparison.Ordinal)], asked);
    }

    [Fact]
    public void An_unknown_verb_names_the_known_ones()
    {
        var refused = Assert.ThrowsAny<RuntimeException>(() => Run("biuld"));

        Assert.Contains("build,test,run,verify,bench", refused.Message, StringComparison.Ordinal);
    }

    private List<string> Run(string arguments)
    {
        var dotnet = Path.Combine(_folder, "dotnet");
        File.WriteAllText(dotnet, "#!/bin/sh\necho \"$@\"\n");
        File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var session = InitialSessionState.CreateDefault2();
        session.Commands.Add(new SessionStateAliasEntry("dotnet", dotnet));
        using var runspace = RunspaceFactory.CreateRunspace(session);
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddScript($"""
            $ErrorActionPreference = 'Stop'
            & '{Checkout.PathOf("run.ps1")}' {arguments}
            """);
        return [.. shell.Invoke().Select(line => line.ToString())];
    }
}
