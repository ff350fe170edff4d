using System.Diagnostics;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Training;
using static TorchSharp.torch;

namespace Bench;

/// <summary>Tokens per second of the trainer on the nano model, by method, and which share of the processor's peak that is.</summary>
internal static class StepBench
{
    private const int Batch = 8, Length = 128, StepCount = 12, Rounds = 9;
    private const int PeakSize = 1024;

    public static Report Run()
    {
        var folder = Directory.CreateTempSubdirectory("bench-");
        try
        {
            return Run(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Report Run(string folder)
    {
        using var model = NanoModel.Create(Length);
        var experts = Enumerable.Range(0, 4).Select(i => Expert(model, Path.Combine(folder, $"expert-{i}"))).ToArray();
        var methods = MethodCatalogue.All
            .Where(method => method.Trains && (method.Families.Count == 0 || method.Families.Contains(model.Family))).ToArray();
        var times = Alternation.Time(Rounds, [Peak, .. methods.Select(method => Steps(method, experts, folder))]);

        var reference = times[1 + Array.FindIndex(methods, method => method.Id == "full")];
        var peak = Spread.Of(times[0].Select(seconds => 2 * Math.Pow(PeakSize, 3) / seconds));
        return new Report(
            "step",
            $"training steps of nano, batch {Batch} x {Length} tokens; peak {peak.Median / 1e9:0} GFLOP/s (product of {PeakSize}²); "
                + $"{Rounds} alternating rounds, median (quartiles)",
            ["method", "tokens/s", "ms/step", "share of peak", "speed against full"],
            [.. methods.Select((method, i) => Row(method.Id, times[i + 1]))]);

        IReadOnlyList<object> Row(string method, double[] own)
        {
            var seconds = Spread.Of(own).Median;
            // Products of a step: forward and the inputs' gradients, and the weights' gradients where they are trained.
            var products = (method == "full" ? 6.0 : 4.0) * NanoModel.ProductParameters(model) * Batch * Length;
            return
            [
                method, Batch * Length / seconds, 1000 * seconds, products / seconds / peak.Median,
                Spread.OfRatio(reference, own),
            ];
        }
    }

    private static TimeSpan Peak()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (rand(PeakSize, PeakSize), rand(PeakSize, PeakSize));
        a.matmul(b);
        return Enumerable.Range(0, 5).Min(_ => Alternation.Of(() => a.matmul(b)));
    }

    /// <summary>The median step of a short training, the first ones left out.</summary>
    private static Func<TimeSpan> Steps(RegisteredMethod method, string[] experts, string folder) => () =>
    {
        using var task = new RandomTokens(Length);
        using var model = NanoModel.Create(Length);
        var context = new AttachContext { TargetLength = Length, Experts = method.ComposesExperts ? experts : [] };
        using var adapter = method.Method.Attach(model, [], context);
        var options = new TrainingOptions { Steps = StepCount, BatchSize = Batch, CheckpointEvery = 0, LearningRate = 1e-4 };
        var clock = new StepClock();
        new Trainer(adapter, task, options, seed: 1).Run(new TrainingPlaces { Cache = folder, Folder = folder }, clock);
        return clock.MedianStep;
    };

    private static string Expert(CausalModel model, string folder)
    {
        using var adapter = MethodCatalogue.Find("lora").Method.Attach(model, new JsonObject { ["rank"] = 4 }, new AttachContext());
        AdapterFolder.Save(adapter, folder);
        return folder;
    }

    private sealed class StepClock : ITrainingObserver
    {
        private readonly List<long> _ends = [];

        public TimeSpan MedianStep
        {
            get
            {
                var steps = _ends.Zip(_ends.Skip(1), (begin, end) => end - begin).Skip(2).Order().ToArray();
                return Stopwatch.GetElapsedTime(0, steps[steps.Length / 2]);
            }
        }

        public void Progressed(int step, int steps, string phase)
        {
            if (phase == "training")
                _ends.Add(Stopwatch.GetTimestamp());
        }

        public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
        {
        }

        public void CheckpointSaved(CheckpointReference checkpoint)
        {
        }
    }
}
