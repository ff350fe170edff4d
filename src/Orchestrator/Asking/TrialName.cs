using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Asking;
using Experiments.Trials;

namespace Orchestrator.Asking;

/// <summary>Names of trials and attempts as people write them.</summary>
internal static partial class TrialName
{
    /// <summary>Reads <c>t12</c> or <c>12</c>, or <c>t12.2</c> for its second attempt.</summary>
    /// <exception cref="RefusedException">When it is neither.</exception>
    public static (TrialId Trial, int? Attempt) Read(string text)
    {
        var match = Form().Match(text);
        if (!match.Success)
        {
            throw new RefusedException(
                RefusalKind.BadInput, $"'{text}' is no trial; they are called t12, or t12.2 at their second attempt.");
        }

        return (new TrialId(Number("trial")), match.Groups["attempt"].Success ? Number("attempt") : null);

        int Number(string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^t?(?<trial>[0-9]{1,9})(\.(?<attempt>[0-9]{1,9}))?$")]
    private static partial Regex Form();
}
