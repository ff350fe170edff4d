using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class FileAccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sweep-file-").FullName;

    [Fact]
    public void A_file_is_read_with_folders_relative_to_it()
    {
        var model = Directory.CreateDirectory(Path.Combine(_folder, "models", "llama")).FullName;
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        var path = Write("task: long-context\nbase: models/llama\nmethods: [lora]\n");

        var spec = SweepFile.Read(path, new CatalogueDouble());

        Assert.Equal(model, spec.Tasks[0].Base);
    }

    [Fact]
    public void Of_two_bases_together_either_may_be_a_folder()
    {
        var model = Directory.CreateDirectory(Path.Combine(_folder, "models", "llama")).FullName;
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        var path = Write("task: lesion-questions\nbase: sam-tiny + models/llama\nmethods: [lora]\n");

        Assert.Equal($"sam-tiny + {model}", SweepFile.Read(path, new CatalogueDouble()).Tasks[0].Base);
    }

    [Theory]
    [InlineData("nano + sam-tiny", "base 'nano + sam-tiny' must be an image encoder and a language model, in that order.")]
    [InlineData("nano", "base 'nano' is of family llama, but task 'lesion-questions' needs vision-language.")]
    [InlineData("sam-tiny + nan", "unknown base 'nan'. Did you mean 'nano'?")]
    public void Two_bases_that_do_not_go_together_are_refused(string name, string message)
    {
        var path = Write($"task: lesion-questions\nbase: {name}\nmethods: [lora]\n");

        Assert.StartsWith($"{path}(2,7): {message}", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_no_model_is_no_base()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "models"));
        var path = Write("task: long-context\nbase: models\nmethods: [lora]\n");

        Assert.Equal($"{path}(2,7): the folder 'models' is no base model: it holds no config.json.", Refusal(path));
    }

    [Fact]
    public void A_byte_order_mark_and_Windows_line_ends_do_no_harm()
    {
        var path = Write("\uFEFFtask: lesions\r\nmethods: [lora]\r\nseeds: 2\r\n");

        Assert.Equal([0, 1], SweepFile.Read(path, new CatalogueDouble()).Seeds);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var path = Path.Combine(_folder, "none.yaml");

        Assert.Equal($"{path}: there is no such file.", Refusal(path));
    }

    [Fact]
    public void A_folder_is_not_a_file()
    {
        Assert.Equal($"{_folder}: this is a folder; name a sweep file in it.", Refusal(_folder));
    }

    [Fact]
    public void What_is_too_large_is_not_read()
    {
        var path = Write(new string('#', (1 << 20) + 1));

        Assert.Equal($"{path}: 1048577 bytes are too many for a sweep file; at most 1048576 are read.", Refusal(path));
    }

    [Fact]
    public void What_is_no_text_is_refused_with_the_byte()
    {
        var path = Path.Combine(_folder, "a.yaml");
        File.WriteAllBytes(path, [.. "task: "u8, 0xC3, 0x28]);

        Assert.Equal($"{path}: byte 7 is not UTF-8; a sweep file is a text in UTF-8.", Refusal(path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Refusal(string path) =>
        Assert.Single(Assert.Throws<SpecException>(() => SweepFile.Read(path, new CatalogueDouble())).Problems).ToString();

    private string Write(string text)
    {
        var path = Path.Combine(_folder, "a.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
