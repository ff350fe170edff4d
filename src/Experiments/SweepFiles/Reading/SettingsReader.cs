using System.Text.RegularExpressions;
using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>The small mappings: limits, resources, comparison.</summary>
internal sealed partial class SettingsReader(ICatalogue catalogue, Problems problems)
{
    private readonly Scalars _scalars = new(problems);

    public Limits Limits(SourceNode? node)
    {
        var fields = Open(node, FileKeys.Limits, "limits");
        var (cost, price) = (fields?["cost"], fields?["price_per_device_hour"]);
        if (cost is not null && price is null)
            problems.Add(cost.Mark, "'cost' needs 'price_per_device_hour' beside it, such as 2.5: what one device costs for an hour.");
        if (price is not null && cost is null)
            problems.Add(price.Mark, "'price_per_device_hour' limits nothing without 'cost' beside it.");
        return new Limits
        {
            Wall = fields?["wall"] is { } wall ? _scalars.Duration(wall, "'wall'") : null,
            Trial = fields?["trial"] is { } trial ? _scalars.Duration(trial, "'trial'") : null,
            DeviceTime = fields?["device_time"] is { } time ? _scalars.Duration(time, "'device_time'") : null,
            Cost = cost is null ? null : _scalars.Positive(cost, "'cost'", "120"),
            PricePerDeviceHour = price is null ? null : _scalars.Positive(price, "'price_per_device_hour'", "2.5"),
            AtLimit = fields?["at_limit"] is { } atLimit ? AtLimit(atLimit) : default,
        };
    }

    private AtLimit AtLimit(SourceNode node)
    {
        switch ((node as SourceScalar)?.Text)
        {
            case "stop":
                return Sweeps.AtLimit.Stop;
            case "drain":
                return Sweeps.AtLimit.Drain;
            default:
                problems.Add(node.Mark, $"'at_limit' must be stop or drain, not {node.Shape}.");
                return default;
        }
    }

    public Resources Resources(SourceNode? node)
    {
        var fields = Open(node, FileKeys.Resources, "resources");
        return new Resources
        {
            Slots = fields?["slots"] is { } slots ? _scalars.Whole(slots, "'slots'", least: 1) : null,
            Devices = fields?["devices"] is { } devices ? [.. Devices(devices)] : [],
        };
    }

    /// <param name="node">The mapping under <c>compare</c>.</param>
    /// <param name="entries">Names of all entries of the sweep.</param>
    /// <param name="blocks">The blocks, as far as they could be read.</param>
    public ComparisonSpec Compare(SourceNode? node, IReadOnlyList<string> entries, IReadOnlyList<TaskBlock> blocks)
    {
        var usual = new ComparisonSpec();
        var fields = Open(node, FileKeys.Compare, "compare");
        var reference = entries.Contains(usual.Reference) || entries.Count == 0 ? usual.Reference : entries[0];
        if (fields?["reference"] is { } named && _scalars.Text(named, "'reference'") is { } name)
        {
            if (!entries.Contains(name))
            {
                problems.Add(named.Mark, $"'reference' is '{name}', which is not listed in 'methods'.{NearestName.Question(name, entries)}",
                    $"listed: {string.Join(", ", entries.Distinct())}");
            }

            reference = name;
        }

        return new ComparisonSpec
        {
            Reference = reference,
            Confidence = fields?["confidence"] is { } confidence
                ? _scalars.Share(confidence, "'confidence'") ?? usual.Confidence
                : usual.Confidence,
            Claims = [.. new ClaimReader(catalogue, entries, blocks, problems).Read(fields?["claims"])],
        };
    }

    private List<string> Devices(SourceNode node)
    {
        var devices = new List<string>();
        foreach (var item in node is SourceList list ? list.Items : [node])
        {
            if (item is not SourceScalar { Text: var device } || !DeviceForm().IsMatch(device))
                problems.Add(item.Mark, $"a device is called cpu, cpu:0, cuda or cuda:0, not {item.Shape}.");
            else if (devices.Contains(device))
                problems.Add(item.Mark, $"'devices' lists '{device}' twice.");
            else
                devices.Add(device);
        }

        return devices;
    }

    private Fields? Open(SourceNode? node, KeySet keys, string key)
    {
        if (node is null)
            return null;
        if (node is SourceMap map)
            return Fields.Closed(map, keys, $"'{key}'", problems);
        problems.Add(node.Mark, $"'{key}' must be a mapping such as {{ {keys.Keys[0].Name}: … }}, not {node.Shape}.");
        return null;
    }

    [GeneratedRegex(@"^(cpu|cuda)(:\d{1,4})?$")]
    private static partial Regex DeviceForm();
}
