namespace Hanse.Gateway.Relay;

/// <summary>Where a descriptor stands.</summary>
internal enum EndPhase : byte
{
    Free,

    /// <summary>A client whose ClientHello is not complete.</summary>
    Hello,

    /// <summary>A client whose upstream is being dialled.</summary>
    Waiting,

    /// <summary>An upstream that has not answered.</summary>
    Dialing,

    /// <summary>Either side of a relayed connection.</summary>
    Relaying,
}
