namespace Experiments.Asking;

/// <summary>Somebody asks for a trial.</summary>
/// <param name="Sweep">Name of the sweep.</param>
/// <param name="Asker">Who asks. A name that asks again has lost what it was told of since; before, it is given the same again.</param>
/// <param name="Lease">How long the asker may be silent before its trial is given to another.</param>
/// <param name="Node">Host that the asker is on.</param>
public sealed record AskRequest(string Sweep, string Asker, TimeSpan Lease, string Node)
{
    /// <summary>The lease of askers that name none.</summary>
    public static TimeSpan UsualLease { get; } = TimeSpan.FromHours(1);
}
