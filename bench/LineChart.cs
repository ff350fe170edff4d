using System.Globalization;
using System.Text;

namespace Bench;

/// <summary>Curves over 1, 2, 3, … with a logarithmic upright axis, as SVG that is legible on light and dark pages.</summary>
internal static class LineChart
{
    private const double Width = 720, Height = 360, Left = 64, Right = 96, Top = 36, Bottom = 32;

    private static readonly string[] _colours = ["#8a8f98", "#b07d2b", "#4c9a57", "#8659c4", "#2f7fd0", "#d0452f"];

    public static string Draw(string title, IReadOnlyList<(string Name, double[] Values)> curves)
    {
        var positive = curves.SelectMany(curve => curve.Values).Where(value => value > 0 && double.IsFinite(value)).ToList();
        var (low, high) = (Math.Floor(Math.Log10(positive.Min())), Math.Ceiling(Math.Log10(positive.Max())));
        var count = curves.Max(curve => curve.Values.Length);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" ");
        svg.Append("font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#7a7f87\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"20\" font-size=\"14\">{title}</text>\n");
        for (var power = low; power <= high; power++)
        {
            var y = Y(Math.Pow(10, power));
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" ");
            svg.Append("stroke=\"#7a7f87\" stroke-opacity=\"0.25\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">1e{power:0}</text>\n");
        }

        for (var trial = count / 5; trial <= count; trial += count / 5)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(trial):0.#}\" y=\"{Height - 10}\" ");
            svg.Append(CultureInfo.InvariantCulture, $"text-anchor=\"middle\">{trial}</text>\n");
        }

        var labels = Labels([.. curves.Select(curve => Y(curve.Values[^1]))]);
        foreach (var (index, (name, values)) in curves.Index())
        {
            var points = values.Select((value, at) => string.Create(CultureInfo.InvariantCulture, $"{X(at + 1):0.#},{Y(value):0.#}"));
            var colour = _colours[index % _colours.Length];
            svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\" ");
            svg.Append("stroke-width=\"2\" stroke-linejoin=\"round\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width - Right + 8}\" y=\"{labels[index] + 4:0.#}\" ");
            svg.Append(CultureInfo.InvariantCulture, $"fill=\"{colour}\">{name}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();

        double X(double trial) => Left + ((trial - 1) / (count - 1) * (Width - Left - Right));

        double Y(double value) =>
            Height - Bottom - ((Math.Log10(Math.Max(value, Math.Pow(10, low))) - low) / (high - low) * (Height - Top - Bottom));
    }

    /// <summary>Where names stand: at the ends of their curves, pushed apart where they would cover each other.</summary>
    private static double[] Labels(double[] ends)
    {
        const double apart = 14;
        var labels = new double[ends.Length];
        var last = double.NegativeInfinity;
        foreach (var index in Enumerable.Range(0, ends.Length).OrderBy(index => ends[index]))
            last = labels[index] = Math.Max(ends[index], last + apart);
        return labels;
    }
}
