using Akka.Event;

namespace GpuActors.Nodes;

/// <summary>Stands where Akka would log to standard output, before its loggers have started and after they have stopped:
/// standard output belongs to the answers of commands.</summary>
internal sealed class SilentLogger : MinimalLogger
{
    /// <inheritdoc/>
    protected override void Log(object message)
    {
    }
}
