using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>Relative positions along one axis of an image.</summary>
/// <remarks>As in Li et al. 2021, arXiv:2112.01526, which SAM's encoder follows.</remarks>
internal static class RelativePositions
{
    /// <summary>The table's row for each pair of query and key: row <c>q - k + size - 1</c>.</summary>
    /// <param name="table"><c>[rows, width]</c>; resized linearly where it has not 2·size - 1 rows.</param>
    /// <param name="queries">Number of query positions.</param>
    /// <param name="keys">Number of key positions; where fewer or more, their distances are stretched.</param>
    /// <returns><c>[queries, keys, width]</c></returns>
    public static Tensor Lookup(Tensor table, long queries, long keys)
    {
        using var scope = NewDisposeScope();
        var rows = (2 * Math.Max(queries, keys)) - 1;
        if (table.shape[0] != rows)
            table = Resize(table, rows);
        var query = arange(queries, dtype: float32, device: table.device).unsqueeze(1) * Math.Max((double)keys / queries, 1);
        var key = arange(keys, dtype: float32, device: table.device).unsqueeze(0) * Math.Max((double)queries / keys, 1);
        var distance = query - key + ((keys - 1) * Math.Max((double)queries / keys, 1));
        return table.index_select(0, distance.to(int64).reshape(-1)).view(queries, keys, -1).MoveToOuterDisposeScope();
    }

    private static Tensor Resize(Tensor table, long rows)
    {
        var channels = table.t().unsqueeze(0); // [1, width, rows]
        var resized = functional.interpolate(channels, [rows], mode: InterpolationMode.Linear, align_corners: false);
        return resized.squeeze(0).t();
    }
}
