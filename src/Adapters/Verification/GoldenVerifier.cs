using System.Reflection;
using Adapters.Methods;
using Adapters.Runtime;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>Holds our computations against recorded ones of reference implementations.</summary>
public static class GoldenVerifier
{
    /// <summary>The share of the tolerance that gradients may use: more is a sign of a mistake, not of rounding.</summary>
    public const double DefaultGradientShare = 0.1;

    private static readonly Lazy<IReadOnlyDictionary<string, Type>> Kinds = new(Find);

    /// <summary>The kinds of case that can be checked, sorted.</summary>
    public static IEnumerable<string> SupportedKinds => Kinds.Value.Keys.Order(StringComparer.Ordinal);

    /// <summary>Checks every case beneath a folder, one after another, in the order of their paths.</summary>
    /// <param name="folder">A folder of the golden format, or any part of one.</param>
    /// <param name="gradientShare">The share of the tolerance that gradients may use where a case states none for them.</param>
    /// <param name="device">Where the cases are computed: <c>cpu</c>, or a GPU's name such as <c>cuda:0</c>.</param>
    /// <exception cref="AdapterException">When there is no such folder or no such device.</exception>
    public static IEnumerable<CaseResult> Verify(string folder, double gradientShare = DefaultGradientShare, string device = "cpu")
    {
        var place = Devices.Named(device);
        foreach (var path in GoldenFolder.Descriptions(folder))
        {
            var name = Path.GetRelativePath(folder, Path.GetDirectoryName(path)!);
            if (name == ".")
                name = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))!;
            foreach (var result in VerifyAll(path, name, gradientShare, place))
                yield return result;
        }
    }

    private static IReadOnlyList<CaseResult> VerifyAll(string path, string name, double gradientShare, Device device)
    {
        try
        {
            return [.. GoldenFolder.Cases(path, device)
                .Select(each => VerifyOne(Path.Combine(name, each.Name), each.Case, gradientShare))];
        }
        catch (Exception e) when (e is AdapterException or IOException or UnauthorizedAccessException)
        {
            return [new CaseResult { Case = name, Outcome = CaseOutcome.Failed, Reason = e.Message }];
        }
    }

    private static CaseResult VerifyOne(string name, GoldenCase golden, double gradientShare)
    {
        var result = new CaseResult { Case = name, Outcome = CaseOutcome.Failed };
        if (!Kinds.Value.TryGetValue(golden.Kind, out var kind)
            && !Kinds.Value.TryGetValue($"{golden.Kind.Split('/')[0]}/*", out kind))
            return result with { Outcome = CaseOutcome.Unsupported, Reason = $"there is no check for cases of kind '{golden.Kind}'." };

        using var pause = FinalizerPause.Begin();
        using var scope = NewDisposeScope();
        var compare = new Comparison(golden, gradientShare);
        try
        {
            ((IGoldenKind)Activator.CreateInstance(kind, nonPublic: true)!).Check(golden, compare);
            golden.TensorsIfAny("grads.safetensors"); // opened by a kind only where the case has what gives the loss
        }
        catch (UnsupportedCaseException e)
        {
            return result with { Outcome = CaseOutcome.Unsupported, Reason = e.Message };
        }
        catch (Exception e) // whatever a case makes our code do is that case's result; the others still count
        {
            return result with { Reason = e is AdapterException ? e.Message : $"{e.GetType().Name}: {e.Message}" };
        }

        var fault = Overlooked(golden) ?? compare.Fault();
        return result with
        {
            Outcome = fault is null ? CaseOutcome.Passed : CaseOutcome.Failed,
            Reason = fault,
            WorstOutput = compare.WorstOutput,
            WorstGradient = compare.WorstGradient,
        };
    }

    /// <summary>A tensor that nothing asked for was not compared, and a case half compared has not passed.</summary>
    private static string? Overlooked(GoldenCase golden)
    {
        var names = golden.Files.SelectMany(file => file.Value.Unasked.Select(name => $"'{name}' of {file.Key}")).ToArray();
        return names.Length == 0 ? null : $"not compared, because this kind of case does not know them: {string.Join(", ", names)}.";
    }

    private static Dictionary<string, Type> Find() => typeof(GoldenVerifier).Assembly.GetTypes()
        .SelectMany(type => type.GetCustomAttributes<GoldenKindAttribute>(), (type, kind) => (kind.Id, type))
        .ToDictionary(pair => pair.Id, pair => pair.type);
}
