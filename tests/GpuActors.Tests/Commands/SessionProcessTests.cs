using System.ComponentModel;
using System.Diagnostics;
using GpuActors.Commands;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Whether a program starts as a shell would start it, in a session of its own.</summary>
public sealed class SessionProcessTests : IDisposable
{
    /// <summary>Signals 1 to 31; glibc ignores two of the rest, which are its own.</summary>
    private const ulong Ordinary = 0x7fff_ffff;

    private readonly string _folder = Directory.CreateTempSubdirectory("session-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_leads_a_session_of_its_own_with_empty_input_and_no_signal_blocked_or_ignored()
    {
        // Each looks at itself: a shell blocks signals for moments while it waits for what it has started.
        var ids = Run("cut", "-d ", "-f1,5,6", "/proc/self/stat"); // id, group, session
        var sets = Run("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(0, ids.Code);
        Assert.Single(ids.Output.Trim().Split(' ').Distinct());
        Assert.Equal((0, "", ""), Run("cat"));
        Assert.Equal(2, sets.Length);
        Assert.All(sets, set => Assert.Equal(0UL, Convert.ToUInt64(set.Split('\t')[1], 16) & Ordinary));
    }

    [Fact]
    public void Both_streams_are_its_own_and_its_exit_code_is_told()
    {
        Assert.Equal((3, "out\n", "err\n"), Run("sh", "-c", "echo out; echo err >&2; exit 3"));
        Assert.Equal((128 + 9, "", ""), Run("sh", "-c", "kill -KILL $$"));
    }

    [Fact]
    public void It_is_looked_for_in_the_path_that_it_is_given_and_runs_in_its_folder()
    {
        Script("tools/named", "#!/bin/sh\npwd\necho \"$PWD $1\"");
        Directory.CreateDirectory(Path.Combine(_folder, "work"));

        var path = $"../tools:{Environment.GetEnvironmentVariable("PATH")}";

        var (_, output, _) = Run(["named", "a b"], Path.Combine(_folder, "work"), new() { ["PATH"] = path });

        Assert.Equal($"{_folder}/work\n{_folder}/work a b\n", output);
    }

    [Fact]
    public void A_path_with_a_folder_is_taken_from_its_working_folder()
    {
        Script("here", "#!/bin/sh\necho here");

        Assert.Equal((0, "here\n", ""), Run(["./here"], _folder, []));
    }

    [Fact]
    public void A_script_without_a_first_line_is_run_by_the_shell()
    {
        Script("plain", "echo \"$1 from ${0##*/}\"");

        Assert.Equal((0, "word from plain\n", ""), Run(["./plain", "word"], _folder, []));
    }

    [Fact]
    public void What_is_not_there_or_not_allowed_is_told_by_its_number()
    {
        File.WriteAllText(Path.Combine(_folder, "data"), "no program");

        Assert.Equal(2, Assert.Throws<Win32Exception>(() => Run("no-such-program")).NativeErrorCode); // ENOENT
        Assert.Equal(2, Assert.Throws<Win32Exception>(() => Run(["true"], Path.Combine(_folder, "nowhere"), [])).NativeErrorCode);
        Assert.Equal(13, Assert.Throws<Win32Exception>(() => Run(["./data"], _folder, [])).NativeErrorCode); // EACCES
    }

    [Fact]
    public void Its_variables_replace_ours()
    {
        var variables = new Dictionary<string, string> { ["HOME"] = "/nowhere", ["GREETING"] = "grüß = dich" };

        var (_, output, _) = Run(["sh", "-c", "echo \"$HOME, $GREETING\""], "/", variables);

        Assert.Equal("/nowhere, grüß = dich\n", output);
    }

    private void Script(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
        using var allowed = Process.Start("chmod", ["+x", path]);
        allowed.WaitForExit();
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments) => Run(arguments, "/", []);

    private static (int Code, string Output, string Error) Run(string[] arguments, string directory, Dictionary<string, string> environment)
    {
        using var process = SessionProcess.Start(arguments, directory, environment);
        var (output, error) = (new StreamReader(process.Output).ReadToEnd(), new StreamReader(process.Error).ReadToEnd());
        Assert.True(SpinWait.SpinUntil(() => process.ExitCode is not null, TimeSpan.FromSeconds(30)));
        var code = process.ExitCode!.Value;
        process.Reap();
        return (code, output, error);
    }
}
