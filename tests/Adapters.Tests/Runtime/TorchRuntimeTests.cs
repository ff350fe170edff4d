using System.Runtime.Versioning;
using Adapters.Methods;
using Adapters.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Runtime;

public sealed class TorchRuntimeTests : IDisposable
{
    private const string Version = "GLIBCXX_3.4.32";
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tensors_compute_and_gradients_flow()
    {
        using var scope = NewDisposeScope();
        var x = arange(1, 4, dtype: float32).requires_grad_();

        x.square().sum().backward();

        Assert.Equal([2f, 4f, 6f], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void A_second_start_changes_nothing_but_the_threads()
    {
        var first = TorchRuntime.Initialize(threads: 1);
        var second = TorchRuntime.Initialize(threads: 1);

        Assert.Same(first, second);
        Assert.Equal(1, get_num_threads());
    }

    [Fact]
    public void Marks_the_version_weak_in_every_place_that_is_searched()
    {
        string[] places = ["", "cpu", "cuda-12.8", "runtimes/linux-x64/native"];
        var files = places.Select(place => Place(Path.Combine(_folder, place), weak: false)).ToList();

        var patched = TorchRuntime.Patch(_folder);

        Assert.Equal(files.Order(), patched.Order());
        Assert.All(files, file => Assert.Equal(TinyLibrary.Asking(Version, weak: true), File.ReadAllBytes(file)));
    }

    [Fact]
    public void Leaves_a_file_alone_that_is_weak_already()
    {
        var file = Place(_folder, weak: true);
        var before = File.GetLastWriteTimeUtc(file);

        Assert.Equal(WeakVersionPatch.Outcome.AlreadyWeak, WeakVersionPatch.Apply(file, Version));
        Assert.Equal(before, File.GetLastWriteTimeUtc(file));
    }

    [Theory]
    [InlineData("no library at all")]
    [InlineData("")]
    public void Leaves_alone_what_does_not_ask_for_the_version(string content)
    {
        var file = Path.Combine(_folder, "libLibTorchSharp.so");
        File.WriteAllText(file, content);

        Assert.Empty(TorchRuntime.Patch(_folder));
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Fact]
    public void Another_name_of_the_same_file_keeps_its_content()
    {
        var cached = Path.Combine(_folder, "cached.so");
        File.WriteAllBytes(cached, TinyLibrary.Asking(Version, weak: false));
        var copy = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "cpu")).FullName, "libLibTorchSharp.so");
        TinyLibrary.HardLink(cached, copy);

        TorchRuntime.Patch(_folder);

        Assert.Equal(TinyLibrary.Asking(Version, weak: false), File.ReadAllBytes(cached));
        Assert.Equal(TinyLibrary.Asking(Version, weak: true), File.ReadAllBytes(copy));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Keeps_time_and_mode_so_that_the_next_build_does_not_copy_it_afresh()
    {
        var file = Place(_folder, weak: false);
        var time = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, time);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        TorchRuntime.Patch(_folder);

        Assert.Equal(time, File.GetLastWriteTimeUtc(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Many_starts_at_once_leave_one_whole_file()
    {
        var file = Place(_folder, weak: false);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => TorchRuntime.Patch(_folder))));

        Assert.Equal(TinyLibrary.Asking(Version, weak: true), File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named_with_the_remedy()
    {
        var file = Place(_folder, weak: false);
        using var open = File.OpenRead(file);
        var unwritable = $"/proc/self/fd/{open.SafeFileHandle.DangerousGetHandle()}"; // not even root makes files there

        var error = Assert.Throws<AdapterException>(() => TorchRuntime.PatchFile(unwritable));

        Assert.Contains(unwritable, error.Message);
        Assert.Contains("Start the program once with its folder writable", error.Message);
    }

    [Fact]
    public void A_product_has_the_same_bits_wherever_its_input_lies_in_memory()
    {
        using var scope = NewDisposeScope();
        var weight = linspace(-1, 1, 32).sin().reshape(8, 4);
        var values = Enumerable.Range(0, 12).Select(i => 0.1f + (i / 7f)).ToArray();

        var results = Enumerable.Range(0, 64).Select(_ =>
        {
            var input = tensor((float[])values.Clone()).reshape(3, 4); // lies where the collector put the array
            return Convert.ToHexString(nn.functional.linear(input, weight).bytes);
        });

        Assert.Single(results.Distinct());
    }

    private static string Place(string folder, bool weak)
    {
        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, "libLibTorchSharp.so");
        File.WriteAllBytes(file, TinyLibrary.Asking(Version, weak));
        return file;
    }
}
