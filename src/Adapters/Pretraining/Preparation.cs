using System.Collections.Immutable;

namespace Adapters.Pretraining;

/// <summary>Work that many trials wait for and that is done once: a corpus, a pretrained base.</summary>
/// <param name="Id">Its name for people, for example <c>base/nano@quickstart</c>.</param>
/// <param name="Needs">Preparations that must be done before this one.</param>
public sealed record Preparation(string Id, ImmutableArray<string> Needs);

/// <summary>What a preparation has made.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Metrics">What there is to say of it: lines and tokens of a corpus, the validation loss of a base.</param>
public sealed record PreparationResult(string Folder, IReadOnlyDictionary<string, double> Metrics);
