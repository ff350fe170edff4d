using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A parameter that stands beside the methods, and what became of it: one that no entry takes is a mistake.</summary>
internal sealed class SharedParameter(SourceEntry entry)
{
    public string Name => entry.Key.Text;

    public SourceScalar Key => entry.Key;

    public SourceNode Node => entry.Value;

    /// <summary>Some entry has an option of this name.</summary>
    public bool IsKnown { get; set; }

    /// <summary>Some entry takes it, or has its own value in its place.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Some entry's options are not all known, because the file names an unknown method or task.</summary>
    public bool IsUncertain { get; set; }

    /// <summary>The names that an entry could have meant, for a proposal.</summary>
    public HashSet<string> Candidates { get; } = new(StringComparer.Ordinal);

    /// <summary>The parameters of a <c>parameters:</c> mapping.</summary>
    public static List<SharedParameter> Read(SourceNode? node, Problems problems)
    {
        if (node is null)
            return [];
        if (node is SourceMap map)
            return [.. Fields.Open(map, FileKeys.Parameters, problems).Others.Select(entry => new SharedParameter(entry))];

        problems.Add(node.Mark, $"'parameters' must be a mapping of options, not {node.Shape}.");
        return [];
    }

    /// <summary>Reports a parameter that no entry takes, once all entries were read.</summary>
    public void Check(Problems problems)
    {
        if (IsTaken || IsUncertain)
            return;
        if (IsKnown && (Node as SourceMap)?["when"] is SourceMap when
            && when.Entries.FirstOrDefault(entry => entry.Key.Text != "method" && !Candidates.Contains(entry.Key.Text)) is { } stray)
            problems.Add(stray.Key.Mark, ConditionReader.UnknownParent(Name, stray.Key.Text, Candidates));
        else if (IsKnown)
            problems.Add(Node.Mark, $"'when' of '{Name}' is never true: it applies to none of the methods.");
        else if (ForeignWords.Option(Name, Candidates) is { } here)
            problems.Add(Key.Mark, $"'{Name}' is called '{here}' here.");
        else if (Name == "<<")
            problems.Add(Key.Mark, "merge keys are not supported; write the shared parameters out.");
        else
            problems.Add(Key.Mark, $"unknown parameter '{Name}': no method or task here has it.{NearestName.Question(Name, Candidates)}");
    }
}
