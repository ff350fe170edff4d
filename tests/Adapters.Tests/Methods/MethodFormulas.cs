using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;

namespace Adapters.Tests.Methods;

/// <summary>Computes the formulas of a method for an adapter of it: they name its options, its layers and its base.</summary>
internal sealed class MethodFormulas(Adapter adapter)
{
    private readonly IReadOnlyDictionary<string, double> _options = CountFormula.ValuesOf(adapter);

    /// <summary>Of some layers, of which the largest matrix counts.</summary>
    public long OfLayers(string formula, params IReadOnlyList<Site> layers) => (long)Evaluated(formula, layers);

    /// <inheritdoc cref="OfLayers"/>
    public double Evaluated(string formula, params IReadOnlyList<Site> layers)
    {
        if (formula is "" or "0" || layers.Count == 0)
            return 0;
        var name = adapter.Model.SitesAndParts.First(site => site.Value == layers[0]).Key;
        return CountFormula.Evaluate(formula, new Dictionary<string, double>(OfExperts())
        {
            ["layers"] = layers.Count,
            ["in"] = layers.Max(site => site.Inputs),
            ["out"] = layers.Max(site => site.Outputs),
            ["shapes"] = layers.DistinctBy(site => (site.Inputs, site.Outputs)).Count(),
            ["bias"] = layers[0].Bias is null ? 0 : 1,
            ["mlp"] = adapter.Model.PlaceOf(name)?.Part == "mlp" ? 1 : 0,
            ["image"] = adapter.Model.LayoutOf(name) is null ? 0 : 1,
            ["patch"] = adapter.Model.PatchEmbedding?.Outputs ?? 0,
            ["token"] = adapter.Model.LanguageModel?.Architecture.Hidden ?? 0,
            ["gate"] = adapter.Sites[name] is ExpertMixture { OwnGate: not null } ? 1 : 0,
            ["taps"] = 9, // those of the first scale, which is no other size
        });
    }

    /// <summary>Of a block, or of what belongs to no layer.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="area">Pixels of an image.</param>
    public long OfModel(string formula, long area = 0) => formula is "" or "0" ? 0
        : CountFormula.Compute(formula, new Dictionary<string, double>(_options)
        {
            ["hidden"] = adapter.Model.Blocks[0].Whole.Width,
            ["channels"] = adapter.Model.PatchEmbedding?.Weight.shape[1] ?? 0,
            ["pixels"] = adapter.Model.PatchEmbedding?.Inputs ?? 0,
            ["area"] = area,
            ["places"] = area * 21 / 1024.0,
        });

    private Dictionary<string, double> OfExperts()
    {
        var values = new Dictionary<string, double>(_options);
        if (adapter.Experts.Count == 0)
            return values;
        values["experts"] = adapter.Experts.Count;
        values["rank"] = adapter.Experts[0].Config["r"]!.GetValue<double>();
        return values;
    }
}
