namespace GpuActors.Nodes;

/// <summary>With what a worker process ends; those from 64 on are of sysexits.h or beyond it.</summary>
public static class ExitCodes
{
    /// <summary>It was asked to leave and did.</summary>
    public const int Left = 0;

    /// <summary>What it was told makes no sense, or the coordinator does not take it; it has said why.</summary>
    public const int Refused = 2;

    /// <summary>The process that started it was gone before it could be bound to it.</summary>
    public const int ParentGone = 74;

    /// <summary>Its parent went, or no coordinator was heard of for too long; it has saved what it could.</summary>
    public const int Orphaned = 75;

    /// <summary>Its device does not answer any more.</summary>
    public const int DeviceLost = 76;
}
