using Adapters.Tasks.Data;

namespace Adapters.Tasks.Language;

/// <summary>Documents whose lines come from two or three subjects in random turns.</summary>
internal static class SubjectMixture
{
    private const ulong Seed = 0x4D49_5854; // "MIXT"
    private const int LinesPerDocument = 24;

    /// <summary>Mixes the lines of some subjects until one of them has too few for another document.</summary>
    /// <param name="subjects">Lines of each subject, as tokens; each line is used once at most.</param>
    /// <param name="split">Whose mixture it is; each has turns of its own.</param>
    public static IEnumerable<int[]> Documents(IEnumerable<int[][]> subjects, Split split)
    {
        var random = SplitMix64.Of(Seed, (ulong)split);
        var left = subjects.Select(lines => new Queue<int[]>(lines)).ToArray();
        while (Array.TrueForAll(left, lines => lines.Count >= LinesPerDocument))
            yield return Document(Choose(left, ref random), ref random);
    }

    private static Queue<int[]>[] Choose(Queue<int[]>[] subjects, ref SplitMix64 random)
    {
        var chosen = new List<Queue<int[]>>(subjects);
        var count = Math.Min(2 + random.Below(2), subjects.Length);
        while (chosen.Count > count)
            chosen.RemoveAt(random.Below(chosen.Count));
        return [.. chosen];
    }

    private static int[] Document(Queue<int[]>[] subjects, ref SplitMix64 random)
    {
        var tokens = new List<int>();
        for (var line = 0; line < LinesPerDocument; line++)
            tokens.AddRange(subjects[random.Below(subjects.Length)].Dequeue());
        return [.. tokens];
    }
}
