using System.Collections.Immutable;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A piece of YAML that knows where it was written. Keeps duplicate keys, so that both places can be named.</summary>
internal abstract record SourceNode(SourceMark Mark)
{
    /// <summary>What the piece is called in messages.</summary>
    public abstract string Shape { get; }

    /// <summary>" Did you mean 'lora'?" where this is a word near one of the names; else nothing.</summary>
    public string Guess(IEnumerable<string> names) => this is SourceScalar scalar ? NearestName.Question(scalar.Text, names) : "";
}

/// <summary>A single value; what it means is for the schema to say, so <c>no</c> can be a text and <c>1e-5</c> a number.</summary>
internal sealed record SourceScalar(SourceMark Mark, string Text, bool Quoted) : SourceNode(Mark)
{
    public override string Shape => IsEmpty ? "nothing" : Quoted ? $"the text \"{Text}\"" : $"'{Text}'";

    /// <summary>No value was given: nothing at all, <c>~</c> or <c>null</c>.</summary>
    public bool IsEmpty => !Quoted && Text is "" or "~" or "null";
}

internal sealed record SourceList(SourceMark Mark, ImmutableArray<SourceNode> Items) : SourceNode(Mark)
{
    public override string Shape => Items.IsEmpty ? "an empty list" : "a list";
}

internal sealed record SourceMap(SourceMark Mark, ImmutableArray<SourceEntry> Entries) : SourceNode(Mark)
{
    public override string Shape => Entries.IsEmpty ? "an empty mapping" : "a mapping";

    public SourceNode? this[string key] => Entries.LastOrDefault(entry => entry.Key.Text == key)?.Value;
}

internal sealed record SourceEntry(SourceScalar Key, SourceNode Value);
