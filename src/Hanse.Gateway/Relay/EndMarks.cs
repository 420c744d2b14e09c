namespace Hanse.Gateway.Relay;

/// <summary>What is known of one end of a connection.</summary>
[Flags]
internal enum EndMarks : ushort
{
    None = 0,

    /// <summary>There may be bytes to read; cleared when a read found fewer than it had room for.</summary>
    Readable = 1,

    /// <summary>The peer has sent its last byte, which may not have been read yet.</summary>
    HangUp = 2,

    /// <summary>Its last byte was read.</summary>
    Ended = 4,

    /// <summary>Nothing more is written to it: it was told the end.</summary>
    Shut = 8,

    /// <summary>It took less than it was given; it says when there is room.</summary>
    Blocked = 16,

    /// <summary>It is watched for room.</summary>
    WatchedOut = 32,

    /// <summary>It is watched at all.</summary>
    Watched = 64,

    /// <summary>It sends in bulk: its bytes go through a pipe and not through memory.</summary>
    Bulk = 128,

    /// <summary>It waits in the list of those that have more to do than one turn allows.</summary>
    Queued = 256,

    /// <summary>Its low-water mark is not the usual one.</summary>
    LowWater = 512,

    /// <summary>It is the client's side.</summary>
    Client = 1024,

    /// <summary>Something of its hello is missing, and it is counted among those of its source.</summary>
    HelloAwaited = 2048,
}
