using System.Globalization;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Puts <c>--set key=value</c> into the tree of a file, as if it had been written there: <c>seeds=3</c>,
/// <c>methods.lora.rank=4</c>, <c>tasks.0.size=smoke</c>. The value is YAML.</summary>
internal sealed class Overrides(Problems problems, Func<string, string?> environment)
{
    public SourceNode? Apply(SourceNode? root, IReadOnlyList<string> overrides)
    {
        for (var index = 0; index < overrides.Count; index++)
            root = Apply(root, SourceText.Override(index + 1, overrides[index]));
        return root;
    }

    private SourceNode? Apply(SourceNode? root, SourceText argument)
    {
        var split = argument.Text.IndexOf('=', StringComparison.Ordinal);
        var path = split < 0 ? [] : argument.Text[..split].Trim().Split('.');
        if (path.Length == 0 || path.Contains(""))
        {
            problems.Add(argument.Start, $"an override is written key=value, such as seeds=3, not '{argument.Text}'.");
            return root;
        }

        var inner = SourceText.Override(argument.Argument, argument.Text[(split + 1)..].Trim());
        var before = problems.Count;
        var value = YamlSource.Read(inner, problems, environment);
        if (value is null)
        {
            if (problems.Count == before)
                problems.Add(inner.Start, $"'{string.Join('.', path)}' is set to nothing.");
            return root;
        }

        return Set(root, path, Placed(value, argument.Start), argument.Start);
    }

    private SourceNode? Set(SourceNode? node, ReadOnlySpan<string> path, SourceNode value, SourceMark mark)
    {
        if (path.IsEmpty)
            return value;

        switch (node)
        {
            case null or SourceScalar { IsEmpty: true }:
                return Set(new SourceMap(mark, []), path, value, mark);
            case SourceMap map:
                return SetIn(map, path, value, mark);
            case SourceList list:
                return SetIn(list, path, value, mark);
            case SourceScalar when path is ["type" or "model" or "name" or "method"]:
                return value;
            default:
                problems.Add(mark, $"'{path[0]}' cannot be set beneath {node.Shape}; set the whole, such as key={{ … }}.");
                return node;
        }
    }

    private SourceMap SetIn(SourceMap map, ReadOnlySpan<string> path, SourceNode value, SourceMark mark)
    {
        var key = path[0];
        var next = Set(map[key], path[1..], value, mark) ?? value;
        var entry = new SourceEntry(new SourceScalar(mark, key, Quoted: false), next);
        var index = map.Entries.Select(known => known.Key.Text).ToList().LastIndexOf(key);
        return map with { Entries = index < 0 ? map.Entries.Add(entry) : map.Entries.SetItem(index, entry) };
    }

    /// <summary>An element by position, or by the name of its task or method.</summary>
    private SourceList SetIn(SourceList list, ReadOnlySpan<string> path, SourceNode value, SourceMark mark)
    {
        var key = path[0];
        var names = list.Items.Select(NameOf).ToList();
        var index = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : names.IndexOf(key);
        if (index < 0 || index >= list.Items.Length)
        {
            problems.Add(mark, $"no element '{key}' in this list.{NearestName.Question(key, names.OfType<string>())}");
            return list;
        }

        // A bare method name is short for a mapping with that method.
        var item = list.Items[index];
        if (item is SourceScalar bare && path.Length > 1)
            item = new SourceMap(bare.Mark, [new SourceEntry(new SourceScalar(bare.Mark, "method", Quoted: false), bare)]);
        return list with { Items = list.Items.SetItem(index, Set(item, path[1..], value, mark) ?? value) };
    }

    private static string? NameOf(SourceNode item) => item is SourceMap map
        ? ((map["as"] ?? map["method"] ?? map["task"]) as SourceScalar)?.Text
        : (item as SourceScalar)?.Text;

    /// <summary>The same nodes, all at the place of the argument, which has no lines of its own.</summary>
    private static SourceNode Placed(SourceNode node, SourceMark mark) => node switch
    {
        SourceList list => new SourceList(mark, [.. list.Items.Select(item => Placed(item, mark))]),
        SourceMap map => new SourceMap(mark, [.. map.Entries.Select(entry =>
            new SourceEntry(entry.Key with { Mark = mark }, Placed(entry.Value, mark)))]),
        _ => node with { Mark = mark },
    };
}
