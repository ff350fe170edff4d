using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Collects mistakes while a file is read on, so that all are said at once.</summary>
internal sealed class Problems
{
    private readonly List<(SourceMark Mark, SpecProblem Problem)> _found = [];
    private readonly HashSet<SourceMark> _taken = [];

    public int Count => _found.Count;

    public bool Any => Count > 0;

    /// <summary>A mistake at a place. A second one at the same place is dropped: it follows from the first, or it is the
    /// same value of a shared parameter read for another method.</summary>
    public void Add(SourceMark mark, string message, string? hint = null)
    {
        if (_taken.Add(mark))
            _found.Add((mark, mark.Text.Problem(mark, message, hint)));
    }

    /// <summary>Something is absent, so there is no place of its own.</summary>
    public void AddMissing(SourceMark mark, string message, string? hint = null) =>
        _found.Add((mark, mark.Text.Problem(mark, message, hint)));

    /// <exception cref="SpecException">When there is any, in order of place: the file, then the overrides.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new SpecException([.. _found
                .OrderBy(found => found.Mark.Text.Argument)
                .ThenBy(found => found.Mark.Line)
                .ThenBy(found => found.Mark.Column)
                .Select(found => found.Problem)]);
        }
    }
}
