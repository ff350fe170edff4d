using System.Text;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>A page of Markdown on every method: what it computes, where it comes from, what it trains, its options.</summary>
public static class MethodsPage
{
    /// <summary>Writes the page. Options that most methods have are told once.</summary>
    public static string Of(ICatalogue catalogue)
    {
        var common = catalogue.Methods.SelectMany(method => method.Options).GroupBy(option => option)
            .Where(group => group.Count() * 2 > catalogue.Methods.Count).Select(group => group.Key).ToList();
        var text = new StringBuilder("""
            # Methods

            What a sweep file can name under `method`, as `orchestrator methods show NAME` shows it. `W` is a layer's frozen weight seen
            as a matrix of `out` rows and `in` columns (a convolution's columns are the pixels beneath its kernel, an embedding's the
            tokens), `b` its bias, `x` its input, `⊙` a product entry by entry. Formulas count in options, `in` and `out`. This page is
            written by `orchestrator methods --format markdown`.

            Costs come on top of the base's own, `in * out` multiply-adds a token and layer. They are those of matrix products,
            convolutions and transforms; what is done number by number (scales, sums, norms, activations) is left out. A token of a
            convolution is a place of its output, a pass is one of one sequence or image. What costs something a pass is made anew
            each time, whatever the number of tokens, and held while its layer is computed. Options that are no numbers are as by
            default. Once merged, an adapter costs nothing; the weights as they were are held too, so that a merge can be taken
            back. Tests compare the formulas with what the numeric library reports, where it does.


            """);
        text.Append(Markdown.Of([CatalogueTables.List(catalogue.Methods)]));
        if (common.Count > 0)
            text.Append("\n## What most methods can be told\n\n").Append(Markdown.Of([CatalogueTables.Options(common)]));
        foreach (var method in catalogue.Methods)
        {
            text.Append($"\n## {method.Id}\n\n{method.Summary}\n\n");
            foreach (var (what, says) in CatalogueTables.Facts(method, catalogue.Tasks))
                text.Append($"- {what}: {(what == "Equation" ? $"`{says}`" : says)}\n");
            var own = method.Options.Where(option => !common.Contains(option)).ToList();
            if (own.Count > 0)
                text.Append('\n').Append(Markdown.Of([CatalogueTables.Options(own)]));
            if (own.Count < method.Options.Count)
                text.Append("\nAnd what most methods can be told.\n");
        }

        return text.ToString();
    }
}
