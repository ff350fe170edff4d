using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// C³A: the update consists of circulant blocks, each of as many parameters as it has rows, divided by the number of inputs. Starts
/// at a small random update, unless told otherwise.
/// </summary>
/// <remarks>
/// As in PEFT's code; its gradient of x takes kernel[(i+j) mod size] in place of [(j−i) mod size], ours is that of the equation, so a
/// run that goes on from there goes on otherwise.
/// </remarks>
[AdapterMethod("c3a",
    Source = "Chen et al. 2024, Parameter-Efficient Fine-Tuning via Circular Convolution, arXiv:2407.19342",
    Equation = "y = Wx + b + Δx, Δ[p·size+i, q·size+j] = kernel[p, q, (j−i) mod size] / in",
    ParametersPerLayer = "in * out / block_size",
    OperationsPerToken = "in * out",
    OperationsToMerge = "0",
    StartsAt = "a random circulant update, at most √(6 / (in + out)) / in an entry",
    PeftType = "C3A")]
internal sealed class C3a : LayerMethod<C3a.Options>
{
    private const int UsualSize = 256;

    public sealed record Options : TargetOptions
    {
        /// <summary>Rows of a block; must divide both dimensions of each layer. If absent the largest of at most 256 that does.</summary>
        [Range(1, 65536), PeftField("block_size")]
        public int? BlockSize { get; init; }

        /// <summary>Other sizes for some layers: entries like mlp.*=4, of which the first that fits the end of a name counts.</summary>
        [PeftField("block_size_pattern", IsMap = true)]
        public IReadOnlyList<string>? BlockSizePattern { get; init; }

        /// <summary>How the kernels start; zero starts as the base.</summary>
        [AllowedValues("xavier_uniform", "kaiming_uniform", "gaussian", "zero")]
        [PeftField("init_weights", True = "zero", False = "xavier_uniform")]
        public string Init { get; init; } = "xavier_uniform";
    }

    protected override Options Completed(Attachment on, IReadOnlyList<Target> targets, Options options)
    {
        var sizes = targets.SelectMany(target => new[] { target.Site.Inputs, target.Site.Outputs });
        var size = options.BlockSize ?? LargestDivisor(UsualSize, [.. sizes]);
        on.Config["block_size"] = size;
        return options with { BlockSize = size };
    }

    protected override Options OptionsFor(Target target, Options options) => options with
    {
        BlockSize = (int)LayerPatterns.Of(options.BlockSizePattern, "block_size_pattern", target.Name, options.BlockSize!.Value),
    };

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (inputs, outputs, size) = (target.Site.Inputs, target.Site.Outputs, options.BlockSize!.Value);
        if (inputs % size != 0 || outputs % size != 0)
            throw new AdapterException($"Option 'block_size' of method '{on.Method}' is {size}, but {target.Name} maps {inputs} to "
                + $"{outputs} features; it must divide both, as {LargestDivisor(size, inputs, outputs)} does.");
        long[] shape = [outputs / size, inputs / size, size];
        return new CirculantDelta(target.Site, options.Init switch
        {
            "zero" => zeros(shape),
            "gaussian" => empty(shape).normal_(0, 1, on.Generator),
            "kaiming_uniform" => Uniform(1 / Math.Sqrt(inputs)),
            _ => Uniform(Math.Sqrt(6.0 / (inputs + outputs))),
        });

        Tensor Uniform(double bound) => empty(shape).uniform_(-bound, bound, on.Generator);
    }

    private static int LargestDivisor(int most, params long[] sizes)
    {
        var size = most;
        while (sizes.Any(each => each % size != 0))
            size--;
        return size;
    }

    private sealed class CirculantDelta : DenseDelta
    {
        private readonly Parameter _kernel; // [out / size, in / size, size]

        public CirculantDelta(Site site, Tensor kernel) : base(site) => _kernel = Train("c3a_kernel", kernel);

        public override Tensor Delta()
        {
            var size = _kernel.shape[2];
            // Row i of a block is the kernel turned i to the right: a window on the kernel written twice.
            var rows = cat([_kernel, _kernel], 2).unfold(2, size, 1).narrow(2, 1, size).flip(2); // [.., .., size, size]
            return rows.permute(0, 2, 1, 3).reshape(Site.Outputs, Site.Inputs) / Site.Inputs;
        }
    }
}
