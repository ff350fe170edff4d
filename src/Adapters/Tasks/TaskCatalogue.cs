using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Options;

namespace Adapters.Tasks;

/// <summary>A task as the catalogue lists it.</summary>
/// <param name="Id">Its name, for example <c>lesions</c>.</param>
/// <param name="Summary">One line, from its documentation.</param>
/// <param name="Families">Base model families that it can be learnt on.</param>
/// <param name="DefaultBase">The base where a sweep names none.</param>
/// <param name="Metric">The metric that methods are compared by.</param>
/// <param name="Metrics">Every metric that it reports.</param>
/// <param name="Options">Its own options.</param>
/// <param name="Type">The class.</param>
public sealed record RegisteredTask(
    string Id,
    string Summary,
    IReadOnlyList<string> Families,
    string DefaultBase,
    Metric Metric,
    IReadOnlyList<string> Metrics,
    OptionSchema Options,
    Type Type);

/// <summary>Every class that carries <see cref="LearningTaskAttribute"/>, found once: the only list of tasks there is.</summary>
public static class TaskCatalogue
{
    /// <summary>Sizes of every task, smallest first: to try the code, to see a difference in minutes, to measure on a GPU.</summary>
    public static IReadOnlyList<string> Sizes { get; } = ["smoke", "quickstart", "paper-like"];

    /// <summary>All tasks, sorted by id.</summary>
    public static IReadOnlyList<RegisteredTask> All { get; } = Collect(typeof(TaskCatalogue).Assembly.GetTypes());

    /// <summary>The task of that id.</summary>
    /// <exception cref="AdapterException">When there is none, with the nearest name.</exception>
    public static RegisteredTask Find(string id) => All.FirstOrDefault(task => task.Id == id)
        ?? throw new AdapterException($"There is no task '{id}'.{NearestName.Hint(id, All.Select(task => task.Id))}");

    /// <summary>Makes a task. What <see cref="Pretraining.Preparations.Of"/> lists must be ready.</summary>
    /// <param name="id">The task's name.</param>
    /// <param name="options">Option values by snake-case name; absent ones take the size's defaults.</param>
    /// <param name="setting">Size, base and cache.</param>
    /// <exception cref="AdapterException">When the task, its size, base or options are wrong, with the value.</exception>
    public static LearningTask Create(string id, JsonObject options, TaskSetting setting)
    {
        var task = Find(id);
        if (!Sizes.Contains(setting.Size))
            throw new AdapterException($"Task '{id}' has no size '{setting.Size}'.{NearestName.Hint(setting.Size, Sizes)}");
        var values = DefaultsAt(task, setting.Size);
        foreach (var (name, value) in options)
            values[name] = value?.DeepClone();
        try
        {
            return (LearningTask)Activator.CreateInstance(task.Type, task.Options.Bind(values, $"task '{id}'"), setting)!;
        }
        catch (TargetInvocationException failure) when (failure.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(failure.InnerException);
            throw;
        }
    }

    /// <summary>The options of a task at a size, as a sweep file would write them.</summary>
    public static JsonObject DefaultsAt(RegisteredTask task, string size)
    {
        var at = typeof(TaskCatalogue).GetMethod(nameof(At), BindingFlags.Static | BindingFlags.NonPublic)!;
        return OptionSchema.Write(at.MakeGenericMethod(OptionsOf(task.Type)).Invoke(null, [size])!);
    }

    /// <exception cref="InvalidOperationException">When two classes claim one id.</exception>
    internal static IReadOnlyList<RegisteredTask> Collect(IEnumerable<Type> types)
    {
        RegisteredTask[] tasks =
        [
            .. types
                .Select(type => (type, attribute: type.GetCustomAttribute<LearningTaskAttribute>(inherit: false)))
                .Where(pair => pair.attribute is not null)
                .Select(pair => Describe(pair.type, pair.attribute!))
                .OrderBy(task => task.Id, StringComparer.Ordinal),
        ];
        foreach (var (first, second) in tasks.Zip(tasks.Skip(1)))
        {
            if (first.Id == second.Id)
                throw new InvalidOperationException($"Both {first.Type} and {second.Type} are registered as task '{first.Id}'.");
        }

        return tasks;
    }

    private static RegisteredTask Describe(Type type, LearningTaskAttribute attribute) => new(
        attribute.Id,
        Documentation.SummaryOf(type),
        attribute.Families,
        attribute.DefaultBase,
        new Metric(attribute.Metric, attribute.Maximize),
        attribute.Metrics,
        OptionSchema.Of(OptionsOf(type)),
        type);

    /// <summary>The type of the options that a task's constructor takes.</summary>
    private static Type OptionsOf(Type task) => task.GetConstructors().Select(constructor => constructor.GetParameters())
        .First(parameters => parameters.Length == 2 && parameters[1].ParameterType == typeof(TaskSetting))[0].ParameterType;

    private static TOptions At<TOptions>(string size) where TOptions : ITaskOptions<TOptions> => TOptions.At(size);
}
