using System.CommandLine;
using Experiments.SweepFiles;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator validate FILE…</c>: every mistake of sweep files at once.</summary>
internal sealed class ValidateCommand : Command, IExemplified
{
    private readonly Argument<string[]> _files = new("file") { Description = "Sweep files (YAML).", Arity = ArgumentArity.OneOrMore };
    private readonly SweepFileArguments _sweep = new();
    private readonly Option<bool> _resolved = new("--resolved") { Description = "Show each file with every default filled in." };

    public ValidateCommand(CommandContext context) : base("validate", "Check sweep files, all mistakes at once.")
    {
        Add(_files);
        Add(_sweep.Set);
        Add(_resolved);
        SetAction(parsed =>
        {
            var output = context.Output(parsed);
            CheckedFile[] files =
                [.. parsed.GetRequiredValue(_files).Select(file => CheckedFile.Of(file, parsed.GetRequiredValue(_sweep.Set), context))];
            if (output.IsJson)
                output.Line(CheckedFile.Json(files));
            else
                Show(files, parsed.GetValue(_resolved), output, context.Surroundings.Error);
            return files.Any(file => file.Problems.Count > 0) ? ExitCode.Refused : ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("validate config/quickstart.yaml", "nothing is started"),
        ("validate config/quickstart.yaml --resolved", "with every default"),
    ];

    private static void Show(CheckedFile[] files, bool resolved, Output output, TextWriter error)
    {
        foreach (var file in files)
        {
            foreach (var problem in file.Problems)
                error.WriteLine(problem.ToText());
            foreach (var warning in file.Plan?.Warnings ?? [])
                output.Note($"{file.File}: warning: {warning}");
            if (file.Spec is { } spec && resolved)
                output.Raw(SweepYaml.Write(spec));
            else if (file.Plan is { } plan)
                output.Line($"{file.File}: right, {plan.Configurations} configurations x {plan.Replicates} seeds = {plan.Trials} trials");
        }

        var mistakes = files.Sum(file => file.Problems.Count);
        if (mistakes > 0)
            error.WriteLine($"{mistakes} {(mistakes == 1 ? "mistake" : "mistakes")}.");
    }
}
