using Experiments.Schedulers;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>What a scheduler that compares trials on their way asks of their lengths: without that it would be <c>fifo</c> and not say
/// so.</summary>
internal sealed class MidwayReader(ICatalogue catalogue, Problems problems)
{
    /// <param name="node">The scheduler in the file.</param>
    /// <param name="spec">The sweep, without mistakes so far.</param>
    public void Check(SourceNode node, SweepSpec spec)
    {
        var scheduler = spec.Scheduler;
        if (!SchedulerCatalogue.Create(scheduler).ComparesMidway)
            return;

        var name = (node as SourceMap)?["type"] ?? node;
        var what = $"scheduler '{scheduler.Type}' compares trials on their way";
        if (spec.Tasks.SelectMany(block => block.Methods.Select(entry => catalogue.MostStepsOf(block, entry))).Max() is not { } most)
        {
            problems.Add(name.Mark, spec.Tasks.Any(block => !block.IsTraining)
                ? $"{what}, but no program here has a parameter 'steps', a whole number that says how far it goes; "
                    + "add one, or take 'fifo'."
                : $"{what}, but no method here that it could compare trains anything; take 'fifo'.");
        }
        else if (!MidwayComparison.Happens(scheduler, most))
        {
            var steps = most == 1 ? "1 step" : $"{most} steps";
            if (most > 1 && MidwayComparison.StartOf(scheduler) is (var option, var value) && (node as SourceMap)?[option] is { } given)
            {
                problems.Add(given.Mark,
                    $"'{option}' of scheduler '{scheduler.Type}' is {value}, but trials here make at most {steps}, so none would be "
                    + $"compared with another before its end; give less, such as {Math.Max(1, most / 10)}.");
            }
            else
            {
                problems.Add(name.Mark, $"{what}, but trials here make at most {steps}; take 'fifo'.");
            }
        }
    }
}
