namespace Experiments.Sweeps;

/// <summary>A user's mistake, or several: each a sentence with its place. Shown without a stack, exit code 2.</summary>
public sealed class SpecException(IReadOnlyList<SpecProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>A single mistake that has no place in a file.</summary>
    public SpecException(string problem) : this(new[] { new SpecProblem(problem) })
    {
    }

    /// <summary>Mistakes that have no place in a file.</summary>
    public SpecException(IReadOnlyList<string> problems) : this([.. problems.Select(problem => new SpecProblem(problem))])
    {
    }

    /// <summary>Every mistake that was found, in order of place.</summary>
    public IReadOnlyList<SpecProblem> Problems { get; } = problems;
}
