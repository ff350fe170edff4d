using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;
using Adapters.Tasks;
using Adapters.Training;
using Experiments.Trials;

namespace GpuActors.Workers;

/// <summary>Makes training plans of assignments: each value of the configuration goes to whoever declares an option of its
/// name, the method before the training before the task.</summary>
internal static class TrainingPlans
{
    /// <summary>The plan of an assignment.</summary>
    /// <param name="assignment">What was assigned.</param>
    /// <param name="train">Its work.</param>
    /// <param name="pathOf">The path of a folder that is given relative to the data folder.</param>
    /// <exception cref="AdapterException">When nobody declares an option of a value's name.</exception>
    public static TrainingPlan Of(Assignment assignment, TrialWork.Train train, Func<string, string> pathOf)
    {
        var (block, method) = (assignment.Block!, assignment.Method!); // a training has both
        (string Owner, IReadOnlySet<string> Names, JsonObject Values)[] owners =
        [
            ($"method '{method}'", Names(MethodCatalogue.Find(method).Options), []),
            ("the training", Names(OptionSchema.Of(typeof(TrainingOptions))), []),
            ($"task '{block.Task}'", Names(TaskCatalogue.Find(block.Task).Options), []),
        ];
        foreach (var (name, value) in train.Configuration.Values)
        {
            var owner = Array.Find(owners, owner => owner.Names.Contains(name));
            if (owner.Values is null)
                throw new AdapterException($"'{name}' is no option of {string.Join(" or ", owners.Select(known => known.Owner))}.");
            owner.Values[name] = JsonSerializer.SerializeToNode(value);
        }

        return new TrainingPlan
        {
            Task = block.Task,
            Size = block.Size,
            Base = block.Base,
            Method = method,
            MethodOptions = owners[0].Values,
            TrainingOptions = owners[1].Values,
            TaskOptions = owners[2].Values,
            Seed = train.Seed,
            Experts = [.. assignment.Experts.Select(pathOf)],
        };
    }

    private static HashSet<string> Names(OptionSchema schema) => [.. schema.Options.Select(option => option.Name)];
}
