namespace Adapters.Tasks.Vision;

/// <summary>A question on a picture of lesions whose answer the mask tells: a number, asked for among few.</summary>
/// <param name="Name">What it is about, for the names of metrics.</param>
/// <param name="Text">The question as it is put.</param>
/// <param name="Options">Its answers are 1 to this.</param>
/// <param name="Answer">The answer to a mask <c>[size, size]</c> of that size; null where it is not clear.</param>
internal sealed record LesionQuestion(string Name, string Text, int Options, Func<byte[], int, int?> Answer)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<LesionQuestion> All { get; } =
    [
        new("count", "How many lesions does the picture show, 1, 2 or 3? ", 3, Count),
        new("size", "How much do they cover, 1 little, 2 some or 3 much? ", 3, Cover),
        new("quadrant", "Where are they, 1 top left, 2 top right, 3 bottom left or 4 bottom right? ", 4, Quadrant),
    ];

    /// <summary>How many areas there are; those that touch are one.</summary>
    private static int? Count(byte[] mask, int size)
    {
        var (areas, seen, left) = (0, new bool[mask.Length], new Stack<int>());
        for (var start = 0; start < mask.Length; start++)
        {
            if (!Enter(start))
                continue;
            areas++;
            while (left.TryPop(out var pixel))
            {
                if (pixel % size > 0)
                    Enter(pixel - 1);
                if (pixel % size < size - 1)
                    Enter(pixel + 1);
                if (pixel >= size)
                    Enter(pixel - size);
                if (pixel < mask.Length - size)
                    Enter(pixel + size);
            }
        }

        return areas is >= 1 and <= 3 ? areas : null;

        bool Enter(int pixel)
        {
            if (mask[pixel] == 0 || seen[pixel])
                return false;
            seen[pixel] = true;
            left.Push(pixel);
            return true;
        }
    }

    /// <summary>About a third of the pictures each, less those between.</summary>
    private static int? Cover(byte[] mask, int size) => ((double)mask.Sum(inside => inside) / mask.Length) switch
    {
        < 0.065 => 1,
        > 0.085 and < 0.125 => 2,
        > 0.145 => 3,
        _ => null,
    };

    /// <summary>The one that holds three fifths of the area.</summary>
    private static int? Quadrant(byte[] mask, int size)
    {
        var (areas, half) = (new int[4], size / 2);
        for (var i = 0; i < mask.Length; i++)
            areas[(i / size < half ? 0 : 2) + (i % size < half ? 0 : 1)] += mask[i];
        var most = areas.IndexOf(areas.Max());
        return 5 * areas[most] >= 3 * areas.Sum() && areas[most] > 0 ? most + 1 : null;
    }
}
