namespace Adapters.Methods;

/// <summary>The base as it is: trains nothing, so that a comparison shows what training gains.</summary>
[AdapterMethod("base", Source = "no paper", Trains = false, OperationsPerToken = "0")]
internal sealed class UntouchedBase : AdapterMethod<UntouchedBase.Options>
{
    public sealed record Options;

    protected override void Attach(Attachment on, Options options) { }
}
