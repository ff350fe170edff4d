using System.Text;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>A page of Markdown on every method: what it computes, where it comes from, what it trains, its options.</summary>
public static class MethodsPage
{
    /// <summary>Writes the page.</summary>
    public static string Of(ICatalogue catalogue)
    {
        var text = new StringBuilder("""
            # Methods

            What a sweep file can name under `method`, as `orchestrator methods show NAME` shows it. `W` is a layer's frozen weight seen
            as a matrix of `out` rows and `in` columns (a convolution's columns are the pixels beneath its kernel, an embedding's the
            tokens), `b` its bias, `x` its input, `⊙` a product entry by entry. Formulas count in options, `in` and `out`. This page is
            written by `orchestrator methods --format markdown`.


            """);
        text.Append(Markdown.Of([CatalogueTables.List(catalogue.Methods)]));
        foreach (var method in catalogue.Methods)
        {
            text.Append($"\n## {method.Id}\n\n{method.Summary}\n\n");
            foreach (var (what, says) in CatalogueTables.Facts(method, catalogue.Tasks))
                text.Append($"- {what}: {(what is "Equation" or "Trains" && method.Trains ? $"`{says}`" : says)}\n");
            if (method.Options.Count > 0)
                text.Append('\n').Append(Markdown.Of([CatalogueTables.Options(method)]));
        }

        return text.ToString();
    }
}
