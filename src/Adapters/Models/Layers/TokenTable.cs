using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>Vectors that are read whole, not looked up by tokens.</summary>
internal sealed class TokenTable : Module
{
    /// <summary>The vectors <c>[count, hidden]</c>.</summary>
    public Parameter Weight { get; }

    public TokenTable(long count, long size, Device? device) : base(nameof(TokenTable)) =>
        register_parameter("weight", Weight = Parameter(zeros(count, size, device: device)));

    protected override void RegisterComponents() { }
}
