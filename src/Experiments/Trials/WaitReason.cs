using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>Why a trial that could go on does not.</summary>
public abstract record WaitReason
{
    private WaitReason()
    {
    }

    /// <summary>Nothing but a device is missing.</summary>
    public sealed record NoFreeDevice : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => "no free device";
    }

    /// <summary>It is given to whoever asks.</summary>
    public sealed record NotAskedFor : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => "nobody has asked for it";
    }

    /// <summary>These trials must be completed first.</summary>
    public sealed record Needs(EquatableArray<TrialId> Trials) : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => Trials.Count <= 3
            ? $"needs {string.Join(", ", Trials)}"
            : $"needs {string.Join(", ", Trials.Take(3))} and {Trials.Count - 3} more";
    }

    /// <summary>The scheduler has not decided yet whether it goes on.</summary>
    public sealed record Resting(int Step) : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"rests at step {Step} until the scheduler promotes it";
    }

    /// <summary>It has not begun, since the scheduler has not decided yet whether its configuration goes on.</summary>
    public sealed record Unpromoted : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => "promotion of its configuration";
    }

    /// <summary>A limit of the sweep is reached.</summary>
    public sealed record Limit(string Why) : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"limit: {Why}";
    }

    /// <summary>The sweep is paused.</summary>
    public sealed record Paused(string Why) : WaitReason
    {
        /// <inheritdoc/>
        public override string ToString() => $"paused: {Why}";
    }
}
