using System.Text.Json.Nodes;

namespace Adapters.Options;

/// <summary>What kind of value an option takes.</summary>
public enum OptionKind
{
    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A real number.</summary>
    Real,

    /// <summary>A text, one of <see cref="Option.Choices"/> where there are any.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>Whole numbers.</summary>
    IntegerList,

    /// <summary>Real numbers.</summary>
    RealList,

    /// <summary>Texts.</summary>
    TextList,
}

/// <summary>An option as data, read off a property of an options record.</summary>
/// <param name="Name">Its snake-case name.</param>
/// <param name="Kind">What values it takes.</param>
/// <param name="Default">What it is when nobody says; null where absence has a meaning of its own.</param>
/// <param name="Minimum">Least value of a number, or of each number of a list, inclusive.</param>
/// <param name="Maximum">Largest value of a number, or of each number of a list, inclusive.</param>
/// <param name="Choices">All values of a text that is one of a few; else empty.</param>
/// <param name="Summary">What it does, from its documentation.</param>
/// <param name="IsMutable">Whether it may change while a training goes on: see <see cref="MutableAttribute"/>.</param>
public sealed record Option(
    string Name,
    OptionKind Kind,
    JsonNode? Default,
    double? Minimum,
    double? Maximum,
    IReadOnlyList<string> Choices,
    string Summary,
    bool IsMutable);
