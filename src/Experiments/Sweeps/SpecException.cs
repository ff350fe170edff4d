namespace Experiments.Sweeps;

/// <summary>A user's mistake, or several: each a sentence with its place. Shown without a stack, exit code 2.</summary>
public sealed class SpecException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>A single mistake.</summary>
    public SpecException(string problem) : this([problem])
    {
    }

    /// <summary>Every mistake that was found, in order of place.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
