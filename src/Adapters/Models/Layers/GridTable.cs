using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>Tables of positions on the grid of an image.</summary>
internal static class GridTable
{
    /// <summary>A table for another grid, by bicubic interpolation.</summary>
    /// <remarks>As for ViTDet, Li et al. 2022, arXiv:2203.16527, and in Hugging Face's vision transformers.</remarks>
    /// <param name="table"><c>[1, height, width, hidden]</c></param>
    /// <param name="rows">Rows of the grid.</param>
    /// <param name="columns">Columns of the grid.</param>
    /// <returns><c>[1, rows, columns, hidden]</c>; the table itself where the grid is its own.</returns>
    public static Tensor For(Tensor table, long rows, long columns)
    {
        if ((rows, columns) == (table.shape[1], table.shape[2]))
            return table;
        var channelsFirst = table.permute(0, 3, 1, 2);
        return functional.interpolate(channelsFirst, [rows, columns], mode: InterpolationMode.Bicubic, align_corners: false)
            .permute(0, 2, 3, 1);
    }
}
