using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>The names of a block's entries: each once, and each <c>experts:</c> one that stands before.</summary>
internal sealed partial class EntryNames
{
    private readonly SourceList _list;
    private readonly ICatalogue _catalogue;
    private readonly Problems _problems;
    private readonly List<string?> _names;

    public EntryNames(SourceList list, ICatalogue catalogue, Problems problems)
    {
        (_list, _catalogue, _problems) = (list, catalogue, problems);
        _names = [.. list.Items.Select(item => EntryReader.NameOf(item)?.Text)];
        for (var index = 0; index < _names.Count; index++)
        {
            if (Named(list.Items[index], "as") is { } given and not SourceScalar)
                problems.Add(given.Mark, $"'as' must be a name, not {given.Shape}.");
            if (EntryReader.NameOf(list.Items[index]) is not { } name)
                continue;
            if (_names.IndexOf(name.Text) < index)
                problems.Add(name.Mark, $"the name '{name.Text}' is taken by an entry above; give this one another with 'as: NAME'.");
            else if (Named(list.Items[index], "as") is not null && !Form().IsMatch(name.Text))
                problems.Add(name.Mark, $"the name '{name.Text}' must be lower-case letters, digits and hyphens.");
        }
    }

    /// <summary>The entry with the name of its experts, if its method composes any; null after a report.</summary>
    public MethodEntry? WithExperts(MethodEntry? entry, int index)
    {
        if (entry is null || !MethodOf(_list.Items[index])!.ComposesExperts)
            return entry;

        if (Named(_list.Items[index], "experts") is not SourceScalar node)
        {
            _problems.AddMissing(_list.Items[index].Mark,
                $"method '{entry.Method}' composes experts: name the entry above that trains them with 'experts: NAME'.");
            return null;
        }

        var trainers = _names.Take(index).OfType<string>();
        var position = _names.IndexOf(node.Text);
        if (position >= 0 && position < index)
        {
            if (MethodOf(_list.Items[position]) is not { } method || method is { Trains: true, ComposesExperts: false })
                return entry with { Experts = node.Text };
            _problems.Add(node.Mark, $"'{node.Text}' cannot be experts: method '{method.Id}' trains no adapter of its own.");
        }
        else
        {
            _problems.Add(node.Mark, position == index ? $"'{node.Text}' cannot be its own experts."
                : position > index ? $"'{node.Text}' is listed below; experts must be listed before the entry that composes them."
                : $"no entry '{node.Text}' is listed above.{NearestName.Question(node.Text, trainers)}");
        }

        return null;
    }

    private MethodDescription? MethodOf(SourceNode item)
    {
        var id = ((item is SourceMap map ? map["method"] : item) as SourceScalar)?.Text;
        return _catalogue.Methods.FirstOrDefault(method => method.Id == id);
    }

    private static SourceNode? Named(SourceNode item, string key) => (item as SourceMap)?[key];

    [GeneratedRegex("^[a-z0-9][a-z0-9-]*$")]
    private static partial Regex Form();
}
