using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using GpuActors.Nodes;
using Xunit;

namespace GpuActors.Tests.Nodes;

/// <summary>Whether the threads of a dispatcher run all that they are given, and end when they should.</summary>
public sealed class DedicatedThreadsTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("threads", "akka { loglevel = OFF, stdout-loglevel = OFF }");

    public void Dispose() => _system.Dispose();

    [Fact]
    public void All_is_run_on_threads_of_its_own_though_some_of_it_fails()
    {
        var executor = new DedicatedThreads("tested", threads: 2, _system.EventStream);
        var threads = new ConcurrentDictionary<string, bool>();
        using var left = new CountdownEvent(1_000);

        for (var run = 0; run < 1_000; run++)
        {
            var fails = run % 10 == 0;
            executor.Execute(new Run(() =>
            {
                threads[Thread.CurrentThread.Name!] = true;
                left.Signal();
                if (fails)
                    throw new InvalidOperationException("It fails.");
            }));
        }

        Assert.True(left.Wait(TimeSpan.FromSeconds(30)));
        Assert.All(threads.Keys, name => Assert.Matches("^tested-[12]$", name));
        executor.Shutdown();
    }

    [Fact]
    public void What_fails_is_published_as_an_error()
    {
        var inbox = Inbox.Create(_system);
        _system.EventStream.Subscribe(inbox.Receiver, typeof(Error));
        var executor = new DedicatedThreads("tested", threads: 1, _system.EventStream);

        executor.Execute(new Run(() => throw new InvalidOperationException("It fails.")));

        Assert.Equal("It fails.", Assert.IsType<Error>(inbox.Receive(TimeSpan.FromSeconds(30))).Cause.Message);
        executor.Shutdown();
    }

    [Fact]
    public void What_was_given_before_its_end_is_run_and_what_comes_later_is_refused()
    {
        var executor = new DedicatedThreads("tested", threads: 1, _system.EventStream);
        using var gate = new ManualResetEventSlim();
        using var done = new CountdownEvent(3);
        executor.Execute(new Run(() => { gate.Wait(); done.Signal(); }));
        executor.Execute(new Run(() => done.Signal()));
        executor.Execute(new Run(() => done.Signal()));

        executor.Shutdown();

        Assert.Throws<RejectedExecutionException>(() => executor.Execute(new Run(() => { })));
        gate.Set();
        Assert.True(done.Wait(TimeSpan.FromSeconds(30)));
    }

    private sealed class Run(Action act) : IRunnable
    {
        void IRunnable.Run() => act();

        void IThreadPoolWorkItem.Execute() => act();
    }
}
