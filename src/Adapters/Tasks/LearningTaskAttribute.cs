namespace Adapters.Tasks;

/// <summary>
/// Registers a task under the name that sweep files use. The class has a constructor that takes its options record, which
/// implements <see cref="ITaskOptions{TSelf}"/>, and a <see cref="TaskSetting"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LearningTaskAttribute(string id) : Attribute
{
    /// <summary>The name, for example <c>lesions</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Families of base models that it can be learnt on.</summary>
    public required string[] Families { get; init; }

    /// <summary>The base where a sweep names none.</summary>
    public required string DefaultBase { get; init; }

    /// <summary>The metric that methods are compared by.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether more of it is better.</summary>
    public bool Maximize { get; init; }

    /// <summary>Every metric that it reports.</summary>
    public required string[] Metrics { get; init; }
}

/// <summary>Options of a task, whose defaults depend on its size.</summary>
/// <typeparam name="TSelf">The record itself.</typeparam>
public interface ITaskOptions<out TSelf>
{
    /// <summary>The defaults of a size.</summary>
    static abstract TSelf At(string size);
}

/// <summary>Where a task is learnt: what it needs to find its data.</summary>
/// <param name="Size">The task's size.</param>
/// <param name="Base">Name of a base that the product makes, or the path of a Hugging Face folder.</param>
/// <param name="Cache">Folder of bases and data that trials share.</param>
public sealed record TaskSetting(string Size, string Base, string Cache);
