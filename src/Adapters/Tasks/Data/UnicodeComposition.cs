using System.Globalization;
using System.Text;

namespace Adapters.Tasks.Data;

/// <summary>
/// Whether a text is in Unicode's composed form (NFC) beyond doubt. The program runs without culture data, where
/// <see cref="string.Normalize()"/> changes nothing, so a text that may need composing has to be refused.
/// </summary>
internal static class UnicodeComposition
{
    /// <summary>True where NFC would leave the text as it is; false where it would not, or might not.</summary>
    public static bool IsCertain(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune.Value >= 0x300 && MayChange(rune))
                return false;
        return true;
    }

    private static bool MayChange(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        || rune.Value is (>= 0x1100 and <= 0x11FF) // Hangul letters, which join to syllables
            or 0x037E or 0x0387 or (>= 0x1F00 and <= 0x1FFF)
            or 0x2000 or 0x2001 or 0x2126 or 0x212A or 0x212B or 0x2329 or 0x232A or 0x2ADC
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFB1D and <= 0xFB4F)
            or (>= 0x1D15E and <= 0x1D1C0) or (>= 0x2F800 and <= 0x2FA1F);
}
