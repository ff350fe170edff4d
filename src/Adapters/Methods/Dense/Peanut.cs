using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.Layers;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Methods.Dense;

/// <summary>
/// PEANuT: the update is what a small network makes of the weight, one input's column at a time. Starts as the base, because the
/// network's last layer is zero.
/// </summary>
/// <remarks>
/// Section 3 of the paper, with the residual connections of its code: what a decoder gives is added to what its encoder was given. W
/// is the weight as it was loaded.
/// </remarks>
[AdapterMethod("peanut",
    Source = "Zhong et al. 2024, arXiv:2410.01870",
    Equation = "y = Wx + b + scaling·B·net(act(A·W))x, net of depth encoders and decoders",
    ParametersPerLayer = "2 * rank * out + 2 * depth * rank * rank",
    OperationsPerToken = "in * out",
    OperationsPerPass = "2 * rank * in * out + 2 * depth * rank * rank * in",
    OperationsToMerge = "2 * rank * in * out + 2 * depth * rank * rank * in",
    PeftType = "PEANUT", PeftInert = ["init_weights"])]
internal sealed class Peanut : LayerMethod<Peanut.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Width r of the network.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 32;

        /// <summary>Encoders, and as many decoders, between the first layer and the last.</summary>
        [Range(0, 64), PeftField("depth")]
        public int Depth { get; init; }

        /// <summary>The activation after each layer but the last.</summary>
        [ActivationName, PeftField("act_fn")]
        public string Activation { get; init; } = "relu";

        /// <summary>What the update is multiplied by.</summary>
        [Range(0.0, 1e6), Mutable, PeftField("scaling")]
        public double Scaling { get; init; } = 1;
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options) =>
        new NetworkDelta(target.Site, options, on.Generator);

    private sealed class NetworkDelta : DenseDelta
    {
        private readonly Parameter _first; // [rank, out]
        private readonly Parameter _last; // [out, rank]
        private readonly Parameter[] _encoders; // [rank, rank] each
        private readonly Parameter[] _decoders; // [rank, rank] each
        private readonly Func<Tensor, Tensor> _activation;
        private readonly double _scaling;

        public NetworkDelta(Site site, Options options, Generator generator) : base(site)
        {
            (_activation, _scaling) = (ActivationFunction.Called(options.Activation), options.Scaling);
            _first = Layer("A", options.Rank, site.Outputs);
            _encoders = [.. Enumerable.Range(0, options.Depth).Select(index => Layer($"encoders.{index}", options.Rank, options.Rank))];
            _decoders = [.. Enumerable.Range(0, options.Depth).Select(index => Layer($"decoders.{index}", options.Rank, options.Rank))];
            _last = Train("peanut_B.weight", zeros(site.Outputs, options.Rank));

            Parameter Layer(string place, params long[] shape) =>
                Train($"peanut_{place}.weight", FreshFactor.KaimingUniform(shape, generator));
        }

        public override bool ReadsWeights => true;

        public override Tensor Delta()
        {
            var h = _activation(functional.linear(Site.Matrix(Site.Weight).to(_first.dtype).t(), _first)); // [in, rank]
            var given = new Stack<Tensor>();
            foreach (var encoder in _encoders)
            {
                given.Push(h);
                h = _activation(functional.linear(h, encoder));
            }

            foreach (var decoder in _decoders)
                h = _activation(functional.linear(h, decoder)) + given.Pop();
            return _last.matmul(h.t()) * _scaling; // [out, in]
        }
    }
}
