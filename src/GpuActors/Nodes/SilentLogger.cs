using Akka.Event;

namespace GpuActors.Nodes;

/// <summary>Stands where Akka would write to standard output before its loggers are up and after they are down: that stream
/// holds the program's answer and nothing else.</summary>
internal sealed class SilentLogger : MinimalLogger
{
    /// <inheritdoc/>
    protected override void Log(object message)
    {
    }
}
