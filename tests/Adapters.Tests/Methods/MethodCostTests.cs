using System.Diagnostics;
using System.Globalization;
using Adapters.Methods;
using Xunit;

namespace Adapters.Tests.Methods;

/// <summary>
/// Holds what methods say of their costs to what is executed. The numeric libraries tell each product with its sizes where variables
/// ask for that when they are loaded, so the passes run in a program of their own, which is this one.
/// </summary>
public sealed class MethodCostTests(MethodCostTests.Executed executed) : IClassFixture<MethodCostTests.Executed>
{
    public static TheoryData<string> Methods => [.. MethodCatalogue.All.Select(method => method.Id).Except(MethodCostRuns.Untold.Keys)];

    [Theory, MemberData(nameof(Methods))]
    public void Multiplies_as_often_as_its_formulas_count(string method)
    {
        if (executed.Counts.Count == 0)
            Assert.Skip("The numeric library of this processor does not tell what it multiplies.");

        Assert.NotEmpty(executed.Counts[method]);
        Assert.All(executed.Counts[method],
            count => Assert.Equal((count.What, count.Expected, 0), (count.What, count.Counted, count.Untold)));
    }

    /// <summary>What was to be multiplied and what was.</summary>
    /// <param name="What">When.</param>
    /// <param name="Expected">By the formulas.</param>
    /// <param name="Counted">By the library, without what the base does itself.</param>
    /// <param name="Untold">Products of which it does not tell the sizes.</param>
    public sealed record Count(string What, double Expected, double Counted, int Untold);

    /// <summary>All methods, run once.</summary>
    public sealed class Executed
    {
        public Executed()
        {
            var (told, printed) = Run();
            var runs = LibraryTrace.Between(printed);
            if (runs.Count == 0)
                return;
            Assert.Equal(told.Count, runs.Count);
            var bare = new Dictionary<string, LibraryTrace.Products>();
            foreach (var (words, products) in told.Zip(runs))
            {
                var (method, what, size) = (words[1], words[2], words[3]);
                if (what == MethodCostRuns.Bare)
                {
                    bare[method + size] = products;
                    continue;
                }

                var own = bare.GetValueOrDefault(method + size, LibraryTrace.Products.None);
                if (!Counts.TryGetValue(method, out var counts))
                    Counts.Add(method, counts = []);
                counts.Add(new Count($"{what} {size}", Math.Round(double.Parse(words[4], CultureInfo.InvariantCulture), 1),
                    Math.Round(products.MultiplyAdds - own.MultiplyAdds, 1), products.Untold - own.Untold));
            }
        }

        /// <summary>By method; empty where the libraries tell nothing.</summary>
        public Dictionary<string, List<Count>> Counts { get; } = [];

        /// <summary>What the program says that it runs, in words, and the lines of the libraries.</summary>
        private static (IReadOnlyList<string[]> Told, IReadOnlyList<string> Printed) Run()
        {
            var test = $"{typeof(MethodCostRuns).FullName}.{nameof(MethodCostRuns.Runs_every_method_between_marks)}";
            var start = new ProcessStartInfo(
                "dotnet", [typeof(MethodCostTests).Assembly.Location, "-explicit", "only", "-method", test, "-noLogo", "-noColor"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["MKL_VERBOSE"] = "1", ["ONEDNN_VERBOSE"] = "1" },
            };
            using var program = Process.Start(start)!;
            var printing = program.StandardOutput.ReadToEndAsync();
            var told = Lines(program.StandardError.ReadToEnd());
            var printed = Lines(printing.GetAwaiter().GetResult());
            program.WaitForExit();
            Assert.True(program.ExitCode == 0, string.Join('\n', printed.Where(line => !LibraryTrace.IsOf(line)).Concat(told)));
            return ([.. told.Where(line => line.StartsWith(MethodCostRuns.Told, StringComparison.Ordinal)).Select(line => line.Split(' '))],
                printed);

            static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries);
        }
    }
}
