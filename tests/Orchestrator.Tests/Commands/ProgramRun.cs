using Orchestrator.Commands;
using Orchestrator.Reading;
using Orchestrator.Terminal;
using Xunit;

namespace Orchestrator.Tests.Commands;

/// <summary>The program run in this process, with streams that are captured and a folder of its own.</summary>
internal sealed class ProgramRun : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly Dictionary<string, string> _environment = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("orchestrator-").FullName;

    public bool IsTerminal { get; init; }

    public int Width { get; init; } = 80;

    public ISweepReader Sweeps { get; init; } = new ListedSweeps();

    /// <summary>Standard output of the last call.</summary>
    public string Output => _output.ToString();

    /// <summary>Standard error of the last call.</summary>
    public string Error => _error.ToString();

    public ProgramRun With(string variable, string value)
    {
        _environment[variable] = value;
        return this;
    }

    public ProgramRun WithFile(string name, string content)
    {
        File.WriteAllText(Path.Combine(Folder, name), content);
        return this;
    }

    public Task<int> Run(params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        return Program().RunAsync(arguments, TestContext.Current.CancellationToken);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The program, to be looked at.</summary>
    public CommandLineProgram Program() => new(Context());

    private CommandContext Context() => new(new Surroundings
    {
        Output = _output,
        Error = _error,
        OutputIsTerminal = IsTerminal,
        ErrorIsTerminal = IsTerminal,
        Width = Width,
        Environment = _environment.GetValueOrDefault,
        Folder = Folder,
    })
    {
        Catalogue = () => new SmallCatalogue(),
        Sweeps = (_, _) => Task.FromResult(Sweeps),
    };
}
