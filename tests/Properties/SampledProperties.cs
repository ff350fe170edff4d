using CsCheck;
using Xunit;

/// <summary>
/// Properties held against cases that are the same at every run. CsCheck's own <c>Sample</c> takes only its first case from a seed
/// and the others from the clock; these methods stand nearer to every test than those, so that they are what a test calls.
/// A case that fails is handed to CsCheck, which shrinks it and says what it is.
/// </summary>
internal static class SampledProperties
{
    private const int Cases = 100;
    private const string Seed = "0000KWf2AyP1";

    public static void Sample<T>(
        this Gen<T> cases, Func<T, bool> holds, int iter = Cases, string seed = Seed, Func<T, string>? print = null)
    {
        var random = PCG.Parse(seed);
        for (var number = 0; number < iter; number++)
        {
            var state = random.State;
            if (Holds(holds, cases.Generate(random, null, out _)))
                continue;
            Check.Sample(cases, holds, seed: random.ToString(state), iter: iter, threads: 1, print: print!);
            Assert.Fail($"The case of seed '{random.ToString(state)}' failed once and then no more.");
        }
    }

    public static void Sample<T>(
        this Gen<T> cases, Action<T> holds, int iter = Cases, string seed = Seed, Func<T, string>? print = null) =>
        cases.Sample(Without(holds), iter, seed, print);

    public static void Sample<T1, T2>(this Gen<(T1, T2)> cases, Func<T1, T2, bool> holds, int iter = Cases, string seed = Seed) =>
        cases.Sample(each => holds(each.Item1, each.Item2), iter, seed);

    public static void Sample<T1, T2, T3>(
        this Gen<(T1, T2, T3)> cases, Func<T1, T2, T3, bool> holds, int iter = Cases, string seed = Seed) =>
        cases.Sample(each => holds(each.Item1, each.Item2, each.Item3), iter, seed);

    public static void Sample<T1, T2, T3>(
        this Gen<(T1, T2, T3)> cases, Action<T1, T2, T3> holds, int iter = Cases, string seed = Seed) =>
        cases.Sample(Without<(T1, T2, T3)>(each => holds(each.Item1, each.Item2, each.Item3)), iter, seed);

    public static void Sample<T1, T2, T3, T4>(
        this Gen<(T1, T2, T3, T4)> cases, Action<T1, T2, T3, T4> holds, int iter = Cases, string seed = Seed) =>
        cases.Sample(Without<(T1, T2, T3, T4)>(each => holds(each.Item1, each.Item2, each.Item3, each.Item4)), iter, seed);

    private static bool Holds<T>(Func<T, bool> holds, T value)
    {
        try
        {
            return holds(value);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false; // CsCheck runs it again and says what it was
        }
    }

    private static Func<T, bool> Without<T>(Action<T> holds) => value =>
    {
        holds(value);
        return true;
    };
}
