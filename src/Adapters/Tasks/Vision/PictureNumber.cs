namespace Adapters.Tasks.Vision;

/// <summary>Numbers of drawn pictures: each split has its own range, so that no picture is in two.</summary>
internal static class PictureNumber
{
    private const ulong Range = 10_000_000_000; // above any item's number, and a multiple of ten classes

    public static ulong Of(Split split, int item) => ((ulong)split + 1) * Range + (ulong)item;
}
