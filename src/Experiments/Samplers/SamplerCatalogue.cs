using System.Reflection;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>Every sampler of this assembly that registered itself with <see cref="SamplerAttribute"/>.</summary>
public static class SamplerCatalogue
{
    private static readonly PartRegistry<ISampler> _registry = new(
        "sampler", typeof(SamplerCatalogue).Assembly.GetTypes(), type => type.GetCustomAttribute<SamplerAttribute>()?.Id);

    /// <summary>Descriptions, sorted by id.</summary>
    public static IReadOnlyList<PartDescription> All => _registry.All;

    /// <summary>The sampler that a sweep names.</summary>
    /// <exception cref="SpecException">When it, or one of its options, is not known.</exception>
    public static ISampler Create(SamplerSpec spec) => _registry.Create(spec.Type, spec.Options);
}
