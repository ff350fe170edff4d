namespace Orchestrator.Commands;

/// <summary>A command that shows how it is used; help begins with that.</summary>
internal interface IExemplified
{
    /// <summary>Arguments after the program's name, and what they do.</summary>
    IReadOnlyList<(string Arguments, string Meaning)> Examples { get; }
}
