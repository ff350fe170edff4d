using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A coordinator without devices of its own, and machines that join it.</summary>
public sealed class JoiningMachineTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("joined-").FullName;
    private readonly string _otherData = Directory.CreateTempSubdirectory("strange-").FullName;
    private readonly string _port = FreePort();

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        Directory.Delete(_otherData, recursive: true);
    }

    [Fact]
    public async Task A_machine_that_sees_the_data_folder_does_the_work_and_one_that_does_not_is_refused()
    {
        await using var coordinator = OrchestratorProcess.Start(
            "coordinator", UndisturbedRun.Sweep, "--set", "parameters.steps=20", "--no-workers", "--port", _port, "--data", _data);
        string[] join = ["worker", "--join", $"127.0.0.1:{_port}", "--data"];

        var strange = await OrchestratorProcess.RunAsync([.. join, _otherData, "--device", "cpu:0"]);
        await using var machine = OrchestratorProcess.Start([.. join, _data, "--slots", "1"]);

        Assert.Equal((2, ""), (strange.ExitCode, strange.Output));
        Assert.Equal($"This worker's data folder is not the coordinator's, {_data} on {Environment.MachineName}: "
            + "give it the same one with --data, by whatever path leads there.\n", strange.Error);
        Assert.Equal(0, await coordinator.WaitForExitAsync());
        Assert.Contains("lora", coordinator.Output, StringComparison.Ordinal);

        machine.Signal("INT");
        Assert.Equal(0, await machine.WaitForExitAsync());
        Assert.Equal($"Giving cpu:0 to 127.0.0.1:{_port}. Ctrl-C leaves.\nSaving.\n", machine.Error);
        Assert.Empty(OrchestratorProcess.Of(_data));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, int.Parse(_port, CultureInfo.InvariantCulture));
        taken.Start();

        var refused = await OrchestratorProcess.RunAsync(
            "coordinator", UndisturbedRun.Sweep, "--no-workers", "--port", _port, "--data", _data);

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Equal($"127.0.0.1:{_port} cannot be listened on: Address already in use\n", refused.Error);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
