using System.Collections.Immutable;
using System.CommandLine;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Orchestrator.Running;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator reproduce FILE…</c>: runs sweeps that state claims, and says which of these hold here.</summary>
internal sealed class ReproduceCommand : Command, IExemplified
{
    private readonly Argument<string[]> _files = new("file")
    {
        Description = "Sweep files (YAML) that state claims.", Arity = ArgumentArity.OneOrMore,
    };

    private readonly RunOptions _options = new();
    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "table (default) or markdown." };

    public ReproduceCommand(CommandContext context)
        : base("reproduce", "Run sweeps that state claims, and say which of these hold here.")
    {
        _format.AcceptOnlyFromAmong("table", "markdown");
        Add(_files);
        Add(_options.Slots);
        Add(_options.Seq);
        Add(_format);
        SetAction((parsed, cancel) => RunAsync(context, parsed, cancel));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("reproduce config/findings/conv-lora.yaml", "a paper's claims; stopped, it goes on when run again"),
        ("reproduce config/findings/*.yaml --format markdown", "all papers, for a page"),
    ];

    private async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancel)
    {
        var files = parsed.GetRequiredValue(_files);
        string[] names = [.. files.Select(file => NameOf(file, context))]; // a mistake in the last is said before the first is run
        var settings = context.Settings(parsed);
        var code = ExitCode.Ok;
        foreach (var file in files)
        {
            var run = new SweepRun(context, settings, _options.Read(parsed, file) with { Compares = false });
            code = Math.Max(code, await run.RunAsync());
            if (code is not (ExitCode.Ok or ExitCode.NotAllGood))
                return code;
        }

        using var reader = await context.Sweeps(settings.Data, cancel);
        var sweeps = ImmutableArray.CreateBuilder<SweepComparison>();
        foreach (var name in names)
        {
            var sweep = await reader.Read(name, cancel);
            sweeps.Add(MethodComparison.Of(sweep.Spec, sweep.Trials));
        }

        var (output, reproduction) = (context.Output(parsed), new Reproduction { Sweeps = sweeps.ToImmutable() });
        if (parsed.GetValue(_format) == "markdown")
            output.Raw(FindingsPage.Of(reproduction, [.. files.Select(file => SweepFile.OpeningComment(PathOf(file, context)))]));
        else
            output.Write(reproduction, ReportJson.Of, all => all.Sweeps.SelectMany(ClaimTables.Of));
        return code;
    }

    private static string NameOf(string file, CommandContext context)
    {
        var spec = SweepFile.Read(PathOf(file, context), context.Catalogue(), []);
        return spec.Compare.Claims.Count > 0
            ? spec.Name
            : throw new SpecException([new SpecProblem(
                $"{file} states no claims; they stand in 'compare', as claims: [{{ claim: …, better: ENTRY, than: ENTRY }}].")]);
    }

    private static string PathOf(string file, CommandContext context) => Path.GetFullPath(file, context.Surroundings.Folder);
}
