using System.CommandLine;
using Orchestrator.Diagnosis;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator doctor</c>: whether this machine has what a sweep needs, and what to do where not.</summary>
internal sealed class DoctorCommand : Command, IExemplified
{
    public DoctorCommand(CommandContext context)
        : base("doctor", "Check this machine: native library, each device, disk, clock, network, Seq.")
    {
        SetAction(async (parsed, cancel) =>
        {
            var doctor = new Doctor(context.Settings(parsed), context.Surroundings.Time);
            var document = new DoctorDocument([.. await doctor.Examine(cancel)]);
            context.Output(parsed).Write(document, DoctorDocument.Json, DoctorDocument.Draw);
            return document.Findings.Any(finding => finding.Health == Health.Fail) ? ExitCode.NotAllGood : ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("doctor", "before the first sweep"),
        ("doctor --data /scratch/me", "with the folder that it will use"),
    ];
}
