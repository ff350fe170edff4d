namespace Experiments.Sweeps;

/// <summary>A sampler or a scheduler as a sweep file sees it.</summary>
/// <param name="Id">Its name, for example <c>random</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Options">What can be set beside its type.</param>
public sealed record PartDescription(string Id, string Summary, EquatableArray<OptionDescription> Options);
