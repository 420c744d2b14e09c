namespace Hanse.Chaos.Tests.Plan;

/// <summary>What is done to a node.</summary>
public enum FaultKind
{
    /// <summary>kill -9 of the program; it is started again when the fault ends.</summary>
    Kill,

    /// <summary>kill -9 of a server's PostgreSQL; the server itself mends it.</summary>
    KillDatabase,

    /// <summary>Nothing passes to or from the node, and nobody is told.</summary>
    Partition,

    /// <summary>Everything takes longer.</summary>
    Delay,

    /// <summary>A part of what is sent has to be sent again, or tears its connection.</summary>
    Loss,

    /// <summary>The wall clock is elsewhere.</summary>
    ClockJump,

    /// <summary>The disk under a site's data is full to the last byte.</summary>
    FullDisk,

    /// <summary>A backup is made when the fault begins; when it ends the server and its disk are lost, and it goes on from that backup (U4–U6).</summary>
    Restore,

    /// <summary>Away for longer than its certificate lives: it comes back with one that has expired (T6).</summary>
    Expiry,
}
