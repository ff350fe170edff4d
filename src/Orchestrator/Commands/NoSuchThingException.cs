namespace Orchestrator.Commands;

/// <summary>The user named something that is not there, or that could be several: one sentence, exit code 5.</summary>
internal sealed class NoSuchThingException(string message) : Exception(message);
