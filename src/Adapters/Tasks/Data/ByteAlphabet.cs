namespace Adapters.Tasks.Data;

/// <summary>
/// The letters that byte-level tokenizers spell bytes with: printable ones stand for themselves, the others for letters
/// from U+0100 on, so that a vocabulary file is readable text.
/// </summary>
/// <remarks>Radford et al. 2019, GPT-2's <c>bytes_to_unicode</c>.</remarks>
internal static class ByteAlphabet
{
    /// <summary>The letter of each byte.</summary>
    public static IReadOnlyList<char> Letters { get; } = Make();

    private static char[] Make()
    {
        var letters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
            letters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++;
        return letters;
    }
}
