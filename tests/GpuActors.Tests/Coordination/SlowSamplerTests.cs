using System.Threading.Channels;
using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Tests.Doubles;
using Xunit;

namespace GpuActors.Tests.Coordination;

/// <summary>A sampler that takes its time holds up nobody but the device that waits for it.</summary>
public sealed class SlowSamplerTests : CoordinatorTestKit
{
    [Fact]
    public async Task While_it_draws_the_coordinator_answers_and_records()
    {
        var sampler = new HeldSampler();
        var coordinator = Start(TestSweep.Of(trials: 3), sampler);
        sampler.Release();
        var busy = await JoinAsync(coordinator, "w1");
        var assignment = await busy.AssignedAsync();
        busy.Report(assignment, 1, new Report.Started(1, 0));
        await busy.AcknowledgedAsync(assignment, 1);

        var waiting = await JoinAsync(coordinator, "w2");
        await sampler.AskedAsync(times: 2);
        busy.Report(assignment, 2, ManualWorker.Finished);
        await busy.AcknowledgedAsync(assignment, 2);
        var status = await StatusAsync(coordinator, status => status.Trials.ContainsKey(TrialState.Completed));
        await waiting.ExpectNothingAsync();
        sampler.Released();

        Assert.Equal(1, status.Trials.Values.Sum());
        Assert.Equal(1, (await waiting.AssignedAsync()).Attempt.Trial.Number);
    }

    [Fact]
    public async Task A_coordinator_that_comes_back_asks_again()
    {
        var held = new HeldSampler();
        var first = Start(TestSweep.Of(trials: 1), held);
        await JoinAsync(first, "w1");
        await held.AskedAsync(times: 1);
        await RestartAsync(first);

        var second = Start(TestSweep.Of(trials: 1), new HeldSampler().Released());
        var worker = await JoinAsync(second, "w1");
        await worker.WorkAsync();
        held.Release();

        Assert.True((await Ended.Task).IsComplete);
        Assert.Single(Recorded<SweepEvent.SuggestionBegun>());
    }

    [Fact]
    public async Task What_it_throws_ends_the_run_with_what_it_says()
    {
        var coordinator = Start(TestSweep.Of(trials: 1), new HeldSampler(new SpecException("No draw was new.")).Released());
        Watch(coordinator);

        await JoinAsync(coordinator, "w1");

        Assert.Equal("No draw was new.", Assert.IsType<SpecException>(await Failed.Task).Message);
        await ExpectTerminatedAsync(coordinator);
    }

    /// <summary>Draws when it is let: once for each release.</summary>
    private sealed class HeldSampler(Exception? failure = null) : ISampler
    {
        private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
        private readonly object _gate = new();
        private int _released;

        public bool UsesHistory => true;

        public bool IsSlow => true;

        public void Release(int times = 1)
        {
            lock (_gate)
            {
                _released += times;
                Monitor.PulseAll(_gate);
            }
        }

        public HeldSampler Released()
        {
            Release(times: 100);
            return this;
        }

        public async Task AskedAsync(int times)
        {
            for (var time = 0; time < times; time++)
                await _asked.Reader.ReadAsync();
        }

        public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
        {
            _asked.Writer.TryWrite(index);
            lock (_gate)
            {
                while (_released == 0)
                    Monitor.Wait(_gate);
                _released--;
            }

            return failure is not null ? throw failure
                : new([KeyValuePair.Create<string, ParameterValue>("index", new ParameterValue.Integer(index))]);
        }

        public long? Count(SearchSpace space) => null;
    }
}
