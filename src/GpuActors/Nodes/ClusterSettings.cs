using System.Collections.Immutable;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Hosting.Logging;
using GpuActors.Protocol;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>How an actor system of the cluster is set up.</summary>
internal sealed record ClusterSettings
{
    /// <summary>Name that all systems of a cluster share.</summary>
    public const string SystemName = "orchestrator";

    /// <summary>Role of the process that holds the coordinator.</summary>
    public const string CoordinatorRole = "coordinator";

    /// <summary>Role of a process that owns a device.</summary>
    public const string GpuRole = "gpu";

    /// <summary>Name of the actor that keeps the coordinator as the cluster's singleton.</summary>
    public const string CoordinatorActor = "coordinator";

    private const string Threads = $"GpuActors.Nodes.{nameof(DedicatedThreadsConfigurator)}, GpuActors";

    private static readonly TimeSpan ShutdownWithin = TimeSpan.FromSeconds(3);

    /// <summary>What the process does in the cluster.</summary>
    public required string Role { get; init; }

    /// <summary>Name or address that other processes reach this one by. Messages are neither encrypted nor authenticated, so it
    /// is the loopback address unless the network is trusted.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port to listen on; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>Where the cluster is found, each as HOST:PORT; empty to found one.</summary>
    public ImmutableArray<string> Seeds { get; init; } = [];

    /// <summary>Where the actor system logs to.</summary>
    public required ILoggerFactory Logging { get; init; }

    /// <summary>Starts an actor system. It has joined nothing yet where there are no <see cref="Seeds"/>.</summary>
    /// <exception cref="ClusterException">When the address cannot be listened on.</exception>
    public ActorSystem Start()
    {
        try
        {
            return ActorSystem.Create(SystemName, ActorSystemSetup.Create(
                BootstrapSetup.Create().WithConfig(Hocon()), new LoggerFactorySetup(Logging), WireSerializer.Setup));
        }
        catch (AggregateException failure) when (failure.Flatten().InnerException?.GetBaseException() is SocketException refused)
        {
            throw new ClusterException($"{Host}:{Port} cannot be listened on: {refused.Message}", failure);
        }
    }

    /// <summary>Where a member of the cluster reaches the coordinator, wherever that lives.</summary>
    public static IActorRef Coordinator(ActorSystem system) =>
        system.ActorOf(ClusterSingletonProxy.Props($"/user/{CoordinatorActor}", ClusterSingletonProxySettings.Create(system)));

    /// <summary>Leaves the cluster and ends the actor system, or gives up leaving after a while.</summary>
    public static Task LeaveAsync(ActorSystem system, TimeProvider time) => Task.WhenAny(
        CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance),
        Task.Delay(ShutdownWithin, time));

    // The figures were measured by killing, stopping and starving processes of such a cluster:
    // - keep-oldest, also if alone: the side of the coordinator, which founded the cluster, goes on whatever number of workers
    //   dies; by majority, a coordinator whose only worker is killed downs itself whenever the worker's address is the lower;
    // - dispatchers with threads of their own: on the shared pool, blocked pool threads make a healthy node miss its heartbeats;
    // - tcp-reuse-addr off: .NET takes it for SO_REUSEPORT too, by which two processes can listen on one port;
    // - a tick of 40 ms: nothing here is timed more finely, and each tick wakes two threads of every process;
    // - batching off: it holds a message back for up to 40 ms when there are few;
    // - exit-clr off: to leave a cluster is not to leave the process, which goes on training and joins again.
    private Config Hocon() => ConfigurationFactory.ParseString($$"""
        akka {
          scheduler.tick-duration = 40ms
          loggers = ["Akka.Hosting.Logging.LoggerFactoryLogger, Akka.Hosting"]
          loglevel = INFO
          stdout-loglevel = OFF
          stdout-logger-class = "GpuActors.Nodes.SilentLogger, GpuActors"
          log-dead-letters = 10
          log-dead-letters-during-shutdown = off
          actor {
            provider = cluster
            default-dispatcher { executor = "{{Threads}}", threads = 2 }
            internal-dispatcher { executor = "{{Threads}}", threads = 2 }
          }
          remote {
            default-remote-dispatcher { executor = "{{Threads}}", threads = 2 }
            dot-netty.tcp {
              hostname = "{{Host}}"
              port = {{Port}}
              maximum-frame-size = {{512 * 1024}}b
              batching.enabled = off
              tcp-reuse-addr = off
            }
          }
          cluster {
            roles = [{{Role}}]
            seed-nodes = [{{string.Join(", ", Seeds.Select(seed => $"\"akka.tcp://{SystemName}@{seed}\""))}}]
            seed-node-timeout = 2s
            retry-unsuccessful-join-after = 2s
            shutdown-after-unsuccessful-join-seed-nodes = 20s
            gossip-interval = 200ms
            leader-actions-interval = 200ms
            unreachable-nodes-reaper-interval = 500ms
            failure-detector { heartbeat-interval = 500ms, acceptable-heartbeat-pause = 2s }
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver { active-strategy = keep-oldest, keep-oldest.down-if-alone = off, stable-after = 3s }
            down-removal-margin = 1s
            singleton { singleton-name = coordinator, role = {{CoordinatorRole}}, hand-over-retry-interval = 500ms }
            singleton-proxy {
              singleton-name = coordinator
              role = {{CoordinatorRole}}
              singleton-identification-interval = 200ms
              log-singleton-identification-failure = off
              buffer-size = 0
            }
          }
          coordinated-shutdown { exit-clr = off, run-by-clr-shutdown-hook = off, run-by-actor-system-terminate = on }
        }
        """).WithFallback(ClusterSingleton.DefaultConfig());
}

/// <summary>The cluster cannot be as the user asks: one sentence, shown without a stack.</summary>
public sealed class ClusterException(string message, Exception? inner = null) : Exception(message, inner);
