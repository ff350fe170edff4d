using System.Globalization;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Orchestrator.Observability;

/// <summary>Builds a process's logger: a CLEF file always, standard error by verbosity, Seq when there is one.</summary>
internal static class Logging
{
    /// <summary>A logger that must be disposed to write what it still holds.</summary>
    public static Logger Create(LogSettings settings)
    {
        Directory.CreateDirectory(settings.Folder);
        var name = $"{Environment.MachineName}-{settings.Role}" + (settings.IsAlone ? "" : $"-{Environment.ProcessId}");
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Debug()
            .MinimumLevel.Override("Akka", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .Enrich.WithProperty("Host", Environment.MachineName)
            .Enrich.WithProperty("Role", settings.Role)
            .WriteTo.File(
                new CompactJsonFormatter(), Path.Combine(settings.Folder, $"{name}.clef"), fileSizeLimitBytes: 100_000_000,
                rollOnFileSizeLimit: true, retainedFileCountLimit: 20, flushToDiskInterval: TimeSpan.FromSeconds(2));

        if (settings.Console is { } level)
        {
            configuration.WriteTo.Console(
                level, "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}", CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose);
        }

        if (settings.Seq is { } seq)
        {
            // Buffered on disk, one buffer a process (two writers of one buffer lose events), and sent in the background: a
            // server that is down, slow or refusing costs the sweep nothing. Small batches, as one bad event is refused with
            // its whole batch.
            configuration.WriteTo.Seq(
                seq.ToString(), apiKey: Environment.GetEnvironmentVariable(LogSettings.ApiKeyVariable),
                bufferBaseFilename: Path.Combine(settings.Folder, "seq", name), bufferSizeLimitBytes: 100_000_000,
                batchPostingLimit: 200, period: TimeSpan.FromSeconds(1), controlLevelSwitch: new LoggingLevelSwitch(LogEventLevel.Debug));
        }

        return configuration.CreateLogger();
    }
}
