namespace Adapters.Methods;

/// <summary>A user's mistake about methods, models or their files: one sentence, shown without a stack.</summary>
public sealed class AdapterException(string message, Exception? inner = null) : Exception(message, inner);
