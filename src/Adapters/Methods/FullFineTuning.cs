namespace Adapters.Methods;

/// <summary>Full fine-tuning: every parameter of the base is trained; the reference that adapters are measured against.</summary>
/// <remarks>Wants a learning rate well below LoRA's.</remarks>
[AdapterMethod("full", Source = "no paper", OperationsPerToken = "0")]
internal sealed class FullFineTuning : AdapterMethod<FullFineTuning.Options>
{
    public sealed record Options;

    protected override void Attach(Attachment on, Options options) => on.Free(_ => true);
}
