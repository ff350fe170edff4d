using Experiments.Samplers;
using Experiments.Schedulers;

namespace Experiments.Sweeps;

/// <summary>What a sweep amounts to before it starts: configurations and training trials of each entry. Pure.</summary>
/// <param name="Entries">Every method entry, in file order.</param>
/// <param name="Replicates">Trials of one configuration.</param>
/// <param name="Warnings">What is allowed but probably not meant, a sentence each.</param>
public sealed record SweepPlan(EquatableArray<EntryPlan> Entries, int Replicates, EquatableArray<string> Warnings)
{
    /// <summary>Configurations of all entries.</summary>
    public long Configurations => Entries.Sum(entry => entry.Configurations);

    /// <summary>Training trials of all entries; preparations are not among them.</summary>
    public long Trials => Configurations * Replicates;

    /// <summary>
    /// Plans a sweep. With <c>trials</c>, configurations are dealt to the entries in turn until it is used up; an entry
    /// whose space has no more leaves its share to the others.
    /// </summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="catalogue">Says how far trials go.</param>
    /// <exception cref="SpecException">When the sweep would not end, or names a sampler that is not known.</exception>
    public static SweepPlan Of(SweepSpec spec, ICatalogue catalogue)
    {
        if (spec.Trials is null && Unbounded(spec) is { } endless)
            throw new SpecException($"The space of '{endless}' has no end for sampler '{spec.Sampler.Type}', and 'trials' is not given.");

        var sampler = SamplerCatalogue.Create(spec.Sampler);
        var entries = spec.Tasks.SelectMany((block, index) => block.Methods.Select(entry => (Block: index, Entry: entry))).ToList();
        var room = entries.Select(item => sampler.Count(item.Entry.Space) ?? long.MaxValue).ToList();
        var counts = spec.Trials is { } trials ? Deal(trials / spec.Seeds.Count, room) : room;
        EquatableArray<EntryPlan> plans = [.. entries.Select((item, index) =>
            new EntryPlan(item.Block, item.Entry.Name, item.Entry.Method, counts[index], counts[index] * spec.Seeds.Count,
                sampler.Size(item.Entry.Space)))];
        return new SweepPlan(plans, spec.Seeds.Count, [.. WarningsOf(spec, plans, sampler), .. UncomparedOf(spec, plans, catalogue)]);
    }

    /// <summary>The first entry whose space never ends, so that the sweep needs <c>trials</c>; or null.</summary>
    internal static string? Unbounded(SweepSpec spec)
    {
        var sampler = SamplerCatalogue.Create(spec.Sampler);
        return spec.Tasks.SelectMany(block => block.Methods).FirstOrDefault(entry => sampler.Count(entry.Space) is null)?.Name;
    }

    /// <summary>Fills the entries evenly, the first ones first, each up to its room.</summary>
    private static List<long> Deal(long total, List<long> room)
    {
        var dealt = new long[room.Count];
        while (total > 0)
        {
            var open = Enumerable.Range(0, dealt.Length).Where(entry => dealt[entry] < room[entry]).ToList();
            if (open.Count == 0)
                break;

            var each = Math.Max(1, Math.Min(total / open.Count, open.Min(entry => room[entry] - dealt[entry])));
            foreach (var entry in open.Take((int)Math.Min(total, open.Count)))
            {
                dealt[entry] += each;
                total -= each;
            }
        }

        return [.. dealt];
    }

    private static IEnumerable<string> WarningsOf(SweepSpec spec, EquatableArray<EntryPlan> plans, ISampler sampler)
    {
        if (spec.Seeds.Count == 1 && spec.Tasks.Any(block => block.Methods.Count > 1))
            yield return "There is one seed, so the comparison has no intervals; 'seeds: 3' or more gives them.";

        var planned = plans.Sum(plan => plan.Trials);
        if (spec.Trials is { } trials && planned < trials)
        {
            yield return planned + spec.Seeds.Count > trials
                ? $"'trials' is {trials}, not a multiple of {spec.Seeds.Count} seeds: {planned} trials are run."
                : $"'trials' is {trials}, but the spaces hold {planned} trials in all.";
        }

        foreach (var plan in plans)
        {
            var given = spec.Tasks[plan.Block].Methods.First(entry => entry.Name == plan.Entry).StartWith.Count;
            if (given > plan.Configurations)
                yield return $"'{plan.Entry}' starts with {given} configurations, but gets {plan.Configurations}.";
        }

        foreach (var plan in plans.Where(plan => plan.Configurations < (plan.Space.Count ?? long.MaxValue)))
        {
            if (sampler.Advice(plan.Configurations) is { } advice)
                yield return $"'{plan.Entry}' gets {plan.Configurations} configurations: {advice}.";
        }
    }

    private static bool IsSearchedLength(Parameter parameter) => parameter is { Name: "steps", Domain: not Domain.Fixed };

    /// <summary>Entries of which a scheduler that compares trials on their way compares none, or not all with each other.</summary>
    private static IEnumerable<string> UncomparedOf(SweepSpec spec, EquatableArray<EntryPlan> plans, ICatalogue catalogue)
    {
        var (type, scheduler) = (spec.Scheduler.Type, SchedulerCatalogue.Create(spec.Scheduler));
        if (!scheduler.ComparesMidway)
            yield break;

        foreach (var plan in plans)
        {
            var block = spec.Tasks[plan.Block];
            var entry = block.Methods.First(entry => entry.Name == plan.Entry);
            var steps = catalogue.MostStepsOf(block, entry);
            if (steps is null && !block.IsTraining)
                yield return $"'{plan.Entry}' has no parameter 'steps', so its trials run to their end, uncompared by '{type}'.";
            else if (steps is { } most && !MidwayComparison.Happens(spec.Scheduler, most))
                yield return $"'{plan.Entry}' makes at most {most} steps, so its trials run to their end, uncompared by '{type}'.";
            else if (steps is not null && scheduler.TrainsPopulations && plan.Configurations == 1)
                yield return $"'{plan.Entry}' gets 1 configuration, so '{type}' has nobody to compare it with.";
            else if (scheduler.TrainsPopulations && entry.Space.Parameters.Any(IsSearchedLength))
                yield return $"'steps' of '{plan.Entry}' is searched, and '{type}' compares only trials of equal length.";
        }
    }
}

/// <summary>What one method entry amounts to.</summary>
/// <param name="Block">Index of its block in the sweep.</param>
/// <param name="Entry">Its name.</param>
/// <param name="Method">Its method.</param>
/// <param name="Configurations">How many configurations are tried.</param>
/// <param name="Trials">How many trials these are, replicates included.</param>
/// <param name="Space">How many configurations there would be.</param>
public sealed record EntryPlan(int Block, string Entry, string Method, long Configurations, long Trials, SpaceSize Space);
