using Adapters.Tasks.Metrics;
using Xunit;

namespace Adapters.Tests.Tasks.Metrics;

public sealed class MaskAgreementTests
{
    private static readonly bool[] Empty = Mask("....", "....", "....", "....");
    private static readonly bool[] Square = Mask("##..", "##..", "....", "....");
    private static readonly bool[] Shifted = Mask(".##.", ".##.", "....", "....");

    [Fact]
    public void Dice_is_twice_the_common_area_over_the_sum_of_areas() =>
        Assert.Equal(2.0 * 2 / (4 + 4), MaskAgreement.Dice(Square, Shifted));

    [Fact]
    public void Jaccard_is_the_common_area_over_the_joint_area() =>
        Assert.Equal(2.0 / 6, MaskAgreement.Jaccard(Square, Shifted));

    [Fact]
    public void Two_empty_masks_agree_and_one_empty_mask_does_not()
    {
        Assert.Equal((1, 1, 1), All(Empty, Empty));
        Assert.Equal((0, 0, 0), All(Empty, Square));
        Assert.Equal((0, 0, 0), All(Square, Empty));

        static (double, double, double) All(bool[] predicted, bool[] truth) => (MaskAgreement.Dice(predicted, truth),
            MaskAgreement.Jaccard(predicted, truth), MaskAgreement.BoundaryF(predicted, truth, 4, tolerance: 1));
    }

    [Fact]
    public void Boundary_f_counts_pixels_within_the_tolerance()
    {
        // All four pixels of each square are boundary. Without tolerance the two common ones match; within one pixel all do.
        Assert.Equal(0.5, MaskAgreement.BoundaryF(Square, Shifted, 4, tolerance: 0.5));
        Assert.Equal(1, MaskAgreement.BoundaryF(Square, Shifted, 4, tolerance: 1));
    }

    [Fact]
    public void Boundary_f_looks_at_outlines_and_not_at_areas()
    {
        var full = Mask("#####", "#####", "#####", "#####", "#####"); // 16 boundary pixels around 9 inner ones
        var centre = Mask(".....", ".....", "..#..", ".....", ".....");

        // The centre is at least 2 from every boundary pixel: 4 of the 16 lie at exactly 2, so precision 4/16 and recall 1/1.
        Assert.Equal(2 * 0.25 * 1 / (0.25 + 1), MaskAgreement.BoundaryF(full, centre, 5, tolerance: 2), 12);
        Assert.Equal(0, MaskAgreement.BoundaryF(full, centre, 5, tolerance: 1));
    }

    private static bool[] Mask(params string[] rows) => [.. string.Concat(rows).Select(pixel => pixel == '#')];
}
