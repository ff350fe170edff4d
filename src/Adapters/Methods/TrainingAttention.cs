namespace Adapters.Methods;

/// <summary>How a causal base attends while an adapter is trained; evaluated, it attends in full.</summary>
public enum TrainingAttention
{
    /// <summary>As the base does.</summary>
    Full,

    /// <summary>Shifted sparse attention, its groups cut at the ends of the sequence.</summary>
    Split,

    /// <summary>Shifted sparse attention, its groups wrapped around the ends: early positions then see the end.</summary>
    Wrap,
}
