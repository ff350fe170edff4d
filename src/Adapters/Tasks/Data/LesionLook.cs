namespace Adapters.Tasks.Data;

/// <summary>How lesions look: pictures of one look ask for another skill than those of another.</summary>
/// <param name="Scale">Radii of the blobs, and lengths of the waves inside, in those of plain pictures.</param>
/// <param name="Gain">What pixels are multiplied by.</param>
/// <param name="Offset">What is added to them then.</param>
internal sealed record LesionLook(double Scale, double Gain, double Offset)
{
    /// <summary>Blobs of 6 to 20 hundredths of the picture, over its middle greys.</summary>
    public static LesionLook Plain { get; } = new(1, 1, 0);

    /// <summary>Blobs and textures of half the size.</summary>
    public static LesionLook Fine { get; } = new(0.5, 1, 0);

    /// <summary>The same in the dark: as another device would take it, with less contrast.</summary>
    public static LesionLook Shifted { get; } = new(1, 0.4, 0.05);

    private static readonly LesionLook[] _all = [Plain, Fine, Shifted];

    /// <summary>Whether its light is not that of plain pictures.</summary>
    public bool IsDimmed => (Gain, Offset) != (1, 0);

    /// <summary>The look of a picture.</summary>
    /// <param name="domain"><c>plain</c>, <c>fine</c>, <c>shifted</c>, or <c>mixture</c>: each look in turn.</param>
    /// <param name="number">Number of the picture.</param>
    public static LesionLook Of(string domain, ulong number) => domain switch
    {
        "plain" => Plain,
        "fine" => Fine,
        "shifted" => Shifted,
        "mixture" => _all[number % (ulong)_all.Length],
        _ => throw new ArgumentOutOfRangeException(nameof(domain), domain, "unknown look of lesions"),
    };
}
