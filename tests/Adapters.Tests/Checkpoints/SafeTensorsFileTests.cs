using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Checkpoints;

public sealed class SafeTensorsFileTests : TorchTest
{
    [Fact]
    public void Reads_every_element_type_as_it_was_written()
    {
        var expected = JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("interop", "dtypes.json")))!.AsObject();

        using var file = SafeTensorsFile.Open(GoldenFiles.Of("interop", "dtypes.safetensors"));

        Assert.Equal(expected.Select(pair => pair.Key).Order(), file.Entries.Keys.Order());
        foreach (var (name, tensor) in expected)
        {
            var read = file.Read(name);
            Assert.Equal(tensor!["shape"]!.AsArray().Select(value => value!.GetValue<long>()), read.shape);
            Assert.Equal(TypeCalled(tensor["dtype"]!.GetValue<string>()), read.dtype);
            Assert.Equal(tensor["values"]!.AsArray().Select(value => value!.GetValue<double>()), read.to(float64).data<double>());
        }
    }

    [Theory]
    [InlineData("empty", "0 bytes long")]
    [InlineData("short", "3 bytes long")]
    [InlineData("header-too-long", "header of 1000000000 bytes")]
    [InlineData("not-json", "not valid JSON")]
    [InlineData("hole", "no tensor holds the bytes 4 to 8")]
    [InlineData("overlap", "tensor 'b' begins at byte 4 of the data and overlaps")]
    [InlineData("trailing-bytes", "8 bytes follow the last tensor")]
    [InlineData("out-of-range", "the bytes 0 to 20 of the data, which is 16 bytes long")]
    [InlineData("negative-shape", "'shape' of tensor 'a' holds -4")]
    [InlineData("unknown-dtype", "dtype 'F12', which is not supported")]
    [InlineData("wrong-size", "shape [5] does not have the size of its 16 bytes")]
    public void Refuses_a_malformed_file_and_says_why(string name, string fault)
    {
        var path = GoldenFiles.Of("interop", "malformed", name + ".safetensors");

        var refusal = Assert.Throws<AdapterException>(() => SafeTensorsFile.Open(path));

        Assert.Contains(path, refusal.Message);
        Assert.Contains(fault, refusal.Message);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        "listed twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,16],"data_offsets":[0,4]}}""",
        "does not have the size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "only integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "only integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "the bytes 4 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "begin and end")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "no list 'shape'")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", "no dtype")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", "'F8_E4M3'")]
    [InlineData("""{"a":7}""", "is not an object")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "not valid JSON")]
    [InlineData("""{"__metadata__":{"epoch":3},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "strings only")]
    [InlineData("""[1,2]""", "not a JSON object")]
    public void Refuses_a_malformed_header_and_says_why(string header, string fault)
    {
        var path = WriteRaw(header, dataLength: 4);

        var refusal = Assert.Throws<AdapterException>(() => SafeTensorsFile.Open(path));

        Assert.Contains(fault, refusal.Message);
    }

    [Fact]
    public void Refuses_a_missing_file_and_a_missing_tensor_by_name()
    {
        var path = Folder.File("one.safetensors");
        SafeTensorsFile.Write(path, [("weight", zeros(2, 3))]);
        using var file = SafeTensorsFile.Open(path);

        var noFile = Assert.Throws<AdapterException>(() => SafeTensorsFile.Open(Folder.File("none.safetensors")));
        var noTensor = Assert.Throws<AdapterException>(() => file.Read("bias"));
        var otherShape = Assert.Throws<AdapterException>(() => file.ReadInto("weight", zeros(3, 2)));

        Assert.Contains("none.safetensors", noFile.Message);
        Assert.Contains("no tensor 'bias'; it holds weight", noTensor.Message);
        Assert.Contains("has the shape [2, 3], but [3, 2] is needed", otherShape.Message);
    }

    [Fact]
    public void What_was_written_reads_back_bit_for_bit()
    {
        var path = Folder.File("round.safetensors");
        (string, Tensor)[] tensors =
        [
            ("f32", randn(3, 4).t()), ("f64", randn(5, dtype: float64)), ("bf16", randn(7).to(bfloat16)),
            ("f16", randn(2).to(float16)), ("i64", arange(4)), ("u8", arange(5, dtype: uint8)), ("bool", arange(2).to(@bool)),
            ("scalar", tensor(1.5f)), ("empty", zeros(0, 3)),
        ];

        SafeTensorsFile.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["what"] = "naïve \"quotes\"" });

        using var file = SafeTensorsFile.Open(path);
        Assert.Equal("naïve \"quotes\"", file.Metadata["what"]);
        foreach (var (name, expected) in tensors)
        {
            var read = file.Read(name);
            Assert.Equal(expected.dtype, read.dtype);
            Assert.Equal(expected.shape, read.shape);
            Assert.Equal(expected.contiguous().bytes, read.bytes);
        }
    }

    [Fact]
    public void Reads_into_a_parameter_of_a_wider_type_and_into_a_view()
    {
        var path = Folder.File("half.safetensors");
        var half = randn(2, 3).to(bfloat16);
        SafeTensorsFile.Write(path, [("w", half)]);
        var parameter = nn.Parameter(zeros(2, 3));
        var view = zeros(3, 2);

        using var file = SafeTensorsFile.Open(path);
        file.ReadInto("w", parameter);
        file.ReadInto("w", view.t());

        Assert.Equal(half.to(float32).bytes, parameter.bytes);
        Assert.True(view.t().equal(half.to(float32)).all().item<bool>());
        Assert.True(parameter.requires_grad);
    }

    [Fact]
    public void Writes_an_aligned_header_and_orders_by_falling_element_size_then_name()
    {
        var path = Folder.File("order.safetensors");

        (string, Tensor)[] tensors =
            [("b", zeros(1)), ("half", zeros(1, dtype: float16)), ("a", ones(1)), ("wide", zeros(1, dtype: int64))];

        SafeTensorsFile.Write(path, tensors);

        var bytes = File.ReadAllBytes(path);
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes) % 8);
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal(["wide", "a", "b", "half"], file.Entries.Values.OrderBy(entry => entry.Begin).Select(entry => entry.Name));
    }

    [Fact]
    public void Equal_content_gives_equal_bytes_whatever_the_order_it_came_in()
    {
        var (a, b) = (randn(3), randn(4));
        var (first, second) = (Folder.File("1.safetensors"), Folder.File("2.safetensors"));

        SafeTensorsFile.Write(first, [("a", a), ("b", b)], new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafeTensorsFile.Write(second, [("b", b), ("a", a)], new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void Refuses_to_write_two_tensors_of_one_name_or_a_type_that_the_format_lacks()
    {
        var path = Folder.File("refused.safetensors");

        Assert.Throws<ArgumentException>(() => SafeTensorsFile.Write(path, [("a", zeros(1)), ("a", zeros(1))]));
        Assert.Throws<NotSupportedException>(() => SafeTensorsFile.Write(path, [("a", zeros(1, dtype: complex64))]));

        Assert.Empty(Directory.GetFiles(Folder.Path));
    }

    private string WriteRaw(string header, int dataLength)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var path = Folder.File("raw.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[dataLength]]);
        return path;
    }

    private static ScalarType TypeCalled(string name) => name switch
    {
        "uint8" => ScalarType.Byte,
        _ => Enum.Parse<ScalarType>(name, ignoreCase: true),
    };
}
