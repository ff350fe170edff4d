using System.Text.RegularExpressions;

namespace Adapters.Training.Optimizers;

/// <summary>
/// LoRA+: the factor B, which a layer's outputs come from, learns faster than A and all else (Hayou et al. 2024,
/// arXiv:2402.12354, which advises a ratio of about 16).
/// </summary>
/// <remarks>
/// B is what PEFT's names say it is: <c>lora_B.weight</c>, <c>lora_embedding_B</c>, <c>hira_B</c> and so on, of any method that has one.
/// PEFT's own <c>create_loraplus_optimizer</c> also gives that rate to biases and norms, of which the paper says nothing; here
/// they have that of A.
/// </remarks>
internal static partial class LoraPlus
{
    /// <summary>What the learning rate of each parameter is multiplied by, by its name.</summary>
    /// <param name="ratio">B's rate over A's.</param>
    public static Func<string, double> Rates(double ratio) => name => IsB().IsMatch(name) ? ratio : 1;

    [GeneratedRegex(@"_B(\.weight|\.bias)?$", RegexOptions.CultureInvariant)]
    private static partial Regex IsB();
}
