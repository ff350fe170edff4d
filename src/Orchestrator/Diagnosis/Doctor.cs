using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Adapters.Methods;
using Adapters.Runtime;
using Experiments.Reports;
using Orchestrator.Terminal;

namespace Orchestrator.Diagnosis;

/// <summary>Looks at everything that a sweep needs of this machine.</summary>
internal sealed class Doctor(Settings settings, TimeProvider time)
{
    private const long TooLittleDisk = 500_000_000;
    private const long LittleDisk = 5_000_000_000;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SeqPatience = TimeSpan.FromSeconds(3);

    /// <summary>Makes all checks, each independent of the others' outcome.</summary>
    public async Task<IReadOnlyList<Finding>> Examine(CancellationToken cancel)
    {
        var findings = new List<Finding> { System(), DataFolder(), Clock(), Loopback(), NativeLibrary() };
        if (findings[^1].Health != Health.Fail)
            findings.AddRange(Devices.Find().DistinctBy(device => device.TorchName).Select(Device));
        if (settings.Seq is { } seq)
            findings.Add(await Seq(seq, cancel));
        return findings;
    }

    private static Finding System() => new(
        "system",
        Health.Ok,
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, "
            + $"{Digits.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)} memory");

    private Finding DataFolder()
    {
        try
        {
            var folder = Directory.CreateDirectory(settings.Data);
            Probe(folder.FullName, _ => { });
            var free = new DriveInfo(folder.FullName).AvailableFreeSpace;
            var detail = $"{folder.FullName}: writable, {Digits.Bytes(free)} free";
            return free switch
            {
                < TooLittleDisk => new Finding("data", Health.Fail, detail, "free some space, or choose another folder with --data."),
                < LittleDisk => new Finding("data", Health.Warn, detail, "checkpoints and corpora of a sweep take some gigabytes."),
                _ => new Finding("data", Health.Ok, detail),
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Finding("data", Health.Fail, failure.Message, "choose a folder that can be written with --data.");
        }
    }

    /// <summary>The clock of a shared drive may be another machine's; leases and logs compare the two.</summary>
    private Finding Clock()
    {
        try
        {
            var skew = TimeSpan.Zero;
            Probe(settings.Data, file => skew = (File.GetLastWriteTimeUtc(file) - time.GetUtcNow().UtcDateTime).Duration());
            return skew < ClockTolerance
                ? new Finding("clock", Health.Ok, "the data folder's clock agrees with this machine's")
                : new Finding(
                    "clock", Health.Warn, $"the data folder's clock is {Digits.Duration(skew)} off",
                    "let both machines follow one time server.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Finding("clock", Health.Warn, "cannot be compared: the data folder cannot be written");
        }
    }

    private static void Probe(string folder, Action<string> look)
    {
        var file = Path.Combine(folder, $".probe-{Environment.ProcessId}");
        try
        {
            using (var stream = File.Create(file))
            {
                stream.WriteByte(1);
                stream.Flush(flushToDisk: true);
            }

            look(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Finding Loopback()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return new Finding("network", Health.Ok, "a port on 127.0.0.1 can be opened");
        }
        catch (SocketException failure)
        {
            return new Finding(
                "network", Health.Fail, $"no port on 127.0.0.1 can be opened: {failure.Message}",
                "coordinator and workers talk over it; allow it in firewall or sandbox.");
        }
    }

    private static Finding NativeLibrary()
    {
        try
        {
            var status = TorchRuntime.Initialize();
            var adapted = status.PatchedLibraries.Count > 0 ? ", adapted to this system's libstdc++" : "";
            var kernels = status.OneDnnIsOff ? ", without oneDNN, which computes wrong gradients on this processor" : "";
            return new Finding("libtorch", Health.Ok, $"loads, TorchSharp {status.Version}{adapted}{kernels}");
        }
        catch (AdapterException failure)
        {
            return new Finding(
                "libtorch", Health.Fail, failure.Message, "without it plan, compare and results work, training does not.");
        }
    }

    private Finding Device(ComputeDevice device)
    {
        try
        {
            var start = time.GetTimestamp();
            DeviceProbe.StepAndRestore(device, Directory.CreateDirectory(settings.Data).FullName);
            return new Finding(
                device.TorchName, Health.Ok,
                $"a step, a checkpoint and its restore in {time.GetElapsedTime(start).TotalMilliseconds:0} ms");
        }
        catch (Exception failure) when (failure is AdapterException or ExternalException or IOException or UnauthorizedAccessException)
        {
            return new Finding(
                device.TorchName, Health.Fail, failure.Message, "leave it out with resources: { devices: […] }, or mend its driver.");
        }
    }

    private static async Task<Finding> Seq(Uri address, CancellationToken cancel)
    {
        try
        {
            using var client = new HttpClient { Timeout = SeqPatience };
            using var answer = await client.GetAsync(new Uri(address, "/health"), cancel);
            return answer.IsSuccessStatusCode
                ? new Finding("seq", Health.Ok, $"{address} answers")
                : new Finding("seq", Health.Warn, $"{address} answers {(int)answer.StatusCode}", "events wait on disk until it is well.");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return new Finding(
                "seq", Health.Warn, $"{address} cannot be reached: {failure.Message}", "events wait on disk until it can.");
        }
    }
}
