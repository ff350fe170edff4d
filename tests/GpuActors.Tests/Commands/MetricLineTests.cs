using System.Globalization;
using System.Text;
using GpuActors.Commands;
using Xunit;

namespace GpuActors.Tests.Commands;

public sealed class MetricLineTests
{
    [Theory]
    [InlineData("""{"step": 10, "loss": 0.3, "accuracy": 1}""", "10 accuracy=1 loss=0.3")]
    [InlineData("""  {"loss":1e-3,"step":0}  """, "0 loss=0.001")]
    [InlineData("""{"loss": 0.5}""", " loss=0.5")]
    [InlineData("""{"step": 3, "loss": NaN}""", "3 loss=NaN")]
    [InlineData("""{"loss": nan, "step": 3}""", "3 loss=NaN")]
    [InlineData("""{"step": 3, "loss": -Infinity, "gain": inf}""", "3 gain=Infinity loss=-Infinity")]
    [InlineData("""{"step": 3, "loss": "NaN"}""", "3 loss=NaN")]
    [InlineData("""{"step": 3, "loss": 1e999}""", "3 loss=Infinity")]
    [InlineData("""{"step": 3, "note": "a: NaN, b", "loss": 2, "more": {"x": 1}, "done": true}""", "3 loss=2")]
    [InlineData("""{"step": -1, "loss": 2}""", " loss=2")]
    public void A_JSON_object_with_numbers_is_one(string line, string read)
    {
        var metric = MetricLine.Parse(Encoding.UTF8.GetBytes(line))!;

        var values = metric.Values.OrderBy(value => value.Key, StringComparer.Ordinal)
            .Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Key}={value.Value:R}"));
        Assert.Equal(read, $"{metric.Step} {string.Join(' ', values)}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("epoch 3: loss 0.5")]
    [InlineData("[1, 2]")]
    [InlineData("0.5")]
    [InlineData("{}")]
    [InlineData("{'loss': 0.5}")]
    [InlineData("""{"step": 10}""")]
    [InlineData("""{"message": "started"}""")]
    [InlineData("""{"loss": 0.5""")]
    [InlineData("""{"loss": 0.5} and more""")]
    public void Anything_else_is_plain_output(string line)
    {
        Assert.Null(MetricLine.Parse(Encoding.UTF8.GetBytes(line)));
    }
}
