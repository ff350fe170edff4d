using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Experiments.Sweeps;

/// <summary>An options record as data: its properties are the options, with their initial values as defaults.</summary>
internal static class OptionRecord
{
    private static readonly JsonSerializerOptions _names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static IEnumerable<OptionDescription> Describe(Type record)
    {
        var defaults = JsonSerializer.SerializeToElement(Activator.CreateInstance(record), record, _names);
        foreach (var property in record.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            var range = property.GetCustomAttribute<RangeAttribute>();
            yield return new OptionDescription(
                name,
                KindOf(property.PropertyType),
                defaults.GetProperty(name).Deserialize<ParameterValue>(),
                range is null ? null : Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture),
                range is null ? null : Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture),
                property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? [.. allowed.Values.OfType<string>()] : [],
                property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "");
        }
    }

    public static object Bind(Type record, Configuration options) =>
        JsonSerializer.Deserialize(options.ToString(), record, _names)!;

    private static OptionKind KindOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 or TypeCode.Int64 => OptionKind.Integer,
        TypeCode.Double => OptionKind.Real,
        TypeCode.Boolean => OptionKind.Flag,
        TypeCode.String => OptionKind.Text,
        _ when type == typeof(EquatableArray<string>?) => OptionKind.TextList,
        _ => throw new NotSupportedException($"An option cannot be a {type}."),
    };
}
