using System.Globalization;
using System.Text.RegularExpressions;

namespace Adapters.Tests.Methods;

/// <summary>Reads what MKL (MKL_VERBOSE) and oneDNN (ONEDNN_VERBOSE) print of what they compute.</summary>
internal static partial class LibraryTrace
{
    /// <summary>Inner dimension of the products that mark where a run begins and ends.</summary>
    public const long Mark = 1009;

    /// <summary>What was computed between two marks.</summary>
    /// <param name="MultiplyAdds">Of products and convolutions; solving n equations is n³ / 3, and n² a right side; a Fourier transform of
    /// n numbers is n / 2·log₂(n) complex products, each of them four.</param>
    /// <param name="Untold">Products of which no sizes are printed.</param>
    public sealed record Products(double MultiplyAdds, int Untold)
    {
        public static Products None { get; } = new(0, 0);
    }

    /// <summary>Of each run, from one mark to the next; empty where nothing is printed.</summary>
    public static IReadOnlyList<Products> Between(IEnumerable<string> lines)
    {
        List<Products> runs = [];
        var (marks, sum) = (0, Products.None);
        foreach (var line in lines)
        {
            if (Of(line) is not { } more)
                continue;
            if (more.MultiplyAdds == 2 * 3 * Mark)
            {
                if (++marks % 2 == 0)
                    runs.Add(sum);
                sum = Products.None;
                continue;
            }

            sum = new(sum.MultiplyAdds + more.MultiplyAdds, sum.Untold + more.Untold);
        }

        return runs;
    }

    /// <summary>Whether they printed a line.</summary>
    public static bool IsOf(string line) => line.Contains("_VERBOSE ", StringComparison.Ordinal)
        || line.StartsWith("onednn_verbose", StringComparison.Ordinal);

    /// <summary>What a line tells; null where it is none of theirs.</summary>
    private static Products? Of(string line)
    {
        if (Call().Match(line) is { Success: true } call)
        {
            var sizes = call.Groups[2].Value.Split(',');
            return call.Groups[1].Value switch
            {
                "GEMM" => new(N(2) * N(3) * N(4), 0),
                "GEMV" => new(N(1) * N(2), 0),
                "DOT" => new(N(0), 0),
                "GETRF" => new(N(0) * N(0) * N(0) / 3, 0),
                "GETRS" => new(N(1) * N(1) * N(2), 0),
                "AXPY" or "SCAL" or "COPY" or "LASWP" => Products.None,
                _ => new(0, 1),
            };

            double N(int place) => double.Parse(sizes[place], CultureInfo.InvariantCulture);
        }

        if (Transform().Match(line) is { Success: true } transform)
        {
            var size = transform.Groups[1].Value.Split('x').Aggregate(
                1.0, (product, each) => product * int.Parse(each, CultureInfo.InvariantCulture));
            var count = transform.Groups[2] is { Success: true } several ? int.Parse(several.Value, CultureInfo.InvariantCulture) : 1;
            return new(count * 2 * size * Math.Log2(size), 0);
        }

        if (Convolution().Match(line) is { Success: true } convolution)
        {
            var groups = convolution.Groups[1] is { Success: true } grouped ? double.Parse(grouped.Value, CultureInfo.InvariantCulture) : 1;
            return new(convolution.Groups.Values.Skip(2).Aggregate(1 / groups,
                (product, size) => product * double.Parse(size.Value, CultureInfo.InvariantCulture)), 0);
        }

        return Other().IsMatch(line) ? new(0, 1) : null;
    }

    [GeneratedRegex(@"^MKL_VERBOSE [SD](\w+)\(([^)]*)\)")]
    private static partial Regex Call();

    [GeneratedRegex(@"^MKL_VERBOSE FFT\([a-z]+([\dx]+)(?:\*(\d+))?,")]
    private static partial Regex Transform();

    [GeneratedRegex(@"^onednn_verbose.*,exec,.*,convolution,.*,"
        + @"(?:g(\d+))?mb(\d+)_ic(\d+)oc(\d+)_ih\d+oh(\d+)kh(\d+)\w*_iw\d+ow(\d+)kw(\d+)")]
    private static partial Regex Convolution();

    [GeneratedRegex(@"^onednn_verbose.*,exec,.*,(matmul|inner_product),")]
    private static partial Regex Other();
}
