using System.Reflection;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Initialisations;

/// <summary>How the two factors of a low-rank update start. One file each, found by its <see cref="LowRankInitAttribute"/>.</summary>
internal interface ILowRankInit
{
    /// <summary>Makes the factors of a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="rank">Inner dimension r.</param>
    /// <param name="scale">What the update is multiplied by.</param>
    /// <param name="generator">Draws, on the CPU.</param>
    /// <exception cref="AdapterException">When layer and rank do not fit it.</exception>
    LowRankStart Of(Site site, int rank, double scale, Generator generator);
}

/// <summary>An initialisation that looks at how the task's loss hangs on the layer's weight.</summary>
internal interface IGradientInit : ILowRankInit
{
    LowRankStart ILowRankInit.Of(Site site, int rank, double scale, Generator generator) =>
        throw new NotSupportedException($"{GetType().Name} needs a gradient.");

    /// <summary>Makes the factors of a layer.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="rank">Inner dimension r.</param>
    /// <param name="scale">What the update is multiplied by.</param>
    /// <param name="gradient">Of the loss by the layer's matrix <c>[out, in]</c>.</param>
    /// <exception cref="AdapterException">When layer and rank do not fit it.</exception>
    LowRankStart Of(Site site, int rank, double scale, Tensor gradient);
}

/// <summary>Factors before the first step.</summary>
/// <param name="A"><c>[rank, in]</c></param>
/// <param name="B"><c>[out, rank]</c></param>
/// <param name="IsTakenFromWeight">
/// Whether their product is a part of the base's weight, which is subtracted from it so that the start is the base.
/// </param>
internal sealed record LowRankStart(Tensor A, Tensor B, bool IsTakenFromWeight = false)
{
    /// <summary>B zero. In an embedding, whose A has a column a token, A is zero and B normal.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="rank">Inner dimension r.</param>
    /// <param name="generator">Draws, on the CPU.</param>
    /// <param name="a">Draws A <c>[rank, in]</c>.</param>
    public static LowRankStart WithoutB(Site site, int rank, Generator generator, Func<Tensor> a) => site is EmbeddingSite
        ? new(zeros(rank, site.Inputs), empty(site.Outputs, rank).normal_(0, 1, generator))
        : new(a(), zeros(site.Outputs, rank));
}

/// <summary>Registers an initialisation under the name that the option <c>init</c> has.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class LowRankInitAttribute(string id) : Attribute
{
    /// <summary>The name.</summary>
    public string Id { get; } = id;
}

/// <summary>The option is the name of a registered initialisation.</summary>
internal sealed class LowRankInitNameAttribute : ChoicesAttribute
{
    private static readonly IReadOnlyDictionary<string, ILowRankInit> ByName = typeof(ILowRankInit).Assembly.GetTypes()
        .Select(type => (type.GetCustomAttribute<LowRankInitAttribute>(inherit: false)?.Id, type))
        .Where(pair => pair.Id is not null)
        .OrderBy(pair => pair.Id, StringComparer.Ordinal)
        .ToDictionary(pair => pair.Id!, pair => (ILowRankInit)Activator.CreateInstance(pair.type)!);

    public override IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    /// <summary>The initialisation of that name.</summary>
    public static ILowRankInit Find(string name) => ByName[name];
}
