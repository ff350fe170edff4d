using Adapters.Methods;
using Experiments.Storage;
using Experiments.Sweeps;
using GpuActors.Nodes;
using Orchestrator.Commands;
using Orchestrator.Terminal;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class ErrorReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-").FullName;
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<Exception, int> Mistakes => new()
    {
        { new SpecException("a.yaml(1,1): no task."), ExitCode.Refused },
        { new AdapterException("rank 0 is below 1."), ExitCode.Refused },
        { new NoSuchThingException("There is no sweep 'x'."), ExitCode.NoSuchThing },
        { new ClusterException("10.0.0.5:4053 cannot be listened on: Address already in use"), ExitCode.Refused },
        { new StoreException("The store is in use."), ExitCode.Store },
    };

    [Theory, MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void A_mistake_of_the_user_is_one_sentence_and_its_exit_code(Exception exception, int exitCode)
    {
        Assert.Equal(exitCode, Write(exception));
        Assert.Equal(exception.Message + "\n", _error.ToString());
    }

    [Fact]
    public void A_full_disk_is_no_mistake_of_ours()
    {
        Assert.Equal(ExitCode.Store, Write(new IOException("No space left on device : '/data/logs'")));
        Assert.Equal("A file cannot be read or written: No space left on device : '/data/logs'\n", _error.ToString());
    }

    [Fact]
    public void Every_mistake_of_a_file_has_its_line()
    {
        Write(new SpecException(["a.yaml(1,1): one.", "a.yaml(2,1): two."]));

        Assert.Equal("a.yaml(1,1): one.\na.yaml(2,1): two.\n", _error.ToString());
    }

    [Fact]
    public void A_mistake_of_ours_keeps_its_details_in_a_file_and_shows_no_stack()
    {
        Assert.Equal(ExitCode.Bug, Write(Thrown()));

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "logs")));
        Assert.Equal($"A mistake in the program: index was out of range\nDetails: {file}\n", _error.ToString());
        Assert.Contains($"{nameof(ErrorReportTests)}.{nameof(Thrown)}", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_data_folder_cannot_be_written_the_details_go_elsewhere()
    {
        var inTheWay = Path.Combine(_folder, "data");
        File.WriteAllText(inTheWay, "a file where the folder should be");

        Write(Thrown(), inTheWay);

        var file = _error.ToString().Split("Details: ")[1].Trim();
        Assert.StartsWith(Path.GetTempPath(), file, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public void An_interruption_says_nothing()
    {
        Assert.Equal(ExitCode.Interrupted, Write(new OperationCanceledException()));
        Assert.Empty(_error.ToString());
    }

    private int Write(Exception exception, string? data = null) => ErrorReport.Write(
        exception,
        new Settings { Data = data ?? _folder },
        new Surroundings { Output = TextWriter.Null, Error = _error, Folder = _folder });

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("index was\nout of range");
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }
}
