using Adapters.Options;

namespace Adapters.Methods;

/// <summary>BitFit: the biases that the base has are trained, those of its norms too, and nothing else.</summary>
/// <remarks>
/// Wants a learning rate of 1e-4 to 1e-3. Bases without biases are refused. Half of the effect is in the biases of queries and of the
/// first layer of each feed-forward part, says the paper.
/// </remarks>
[AdapterMethod("bitfit",
    Source = "Ben Zaken et al. 2021, arXiv:2106.10199",
    Equation = "y = Wx + b, b trained",
    OperationsPerToken = "0",
    Families = ["qwen2", "sam", "vit"])]
internal sealed class BitFit : AdapterMethod<BitFit.Options>
{
    private const string Bias = ".bias";

    public sealed record Options
    {
        /// <summary>Modules whose biases are trained, by name or dotted end of it; all where absent.</summary>
        public IReadOnlyList<string>? Modules { get; init; }
    }

    protected override void Attach(Attachment on, Options options)
    {
        var modules = on.Model.named_parameters().Select(pair => pair.name)
            .Where(name => name.EndsWith(Bias, StringComparison.Ordinal)).Select(name => name[..^Bias.Length]).ToList();
        if (options.Modules?.FirstOrDefault(entry => !modules.Exists(module => TargetModules.Means(entry, module))) is { } unknown)
        {
            var ends = modules.Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct();
            throw new AdapterException($"Option 'modules' of method '{on.Method}' names '{unknown}', but the {on.Model.Family} base has "
                + $"no such module with a bias.{NearestName.Hint(unknown, ends)}");
        }

        var meant = modules.Where(module => options.Modules?.Any(entry => TargetModules.Means(entry, module)) ?? true)
            .Select(module => module + Bias).ToHashSet();
        on.Free(meant.Contains);
    }
}
