using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands;

/// <summary>Instants of a command.</summary>
internal static class CommandTimes
{
    private const long Latest = 253_402_300_799_999;

    /// <summary>When <c>unknown</c> is written (D2): the deadline is for starting, so what started just before it may run for its
    /// whole timeout, and its outcome then has the grace to arrive.</summary>
    public static DateTimeOffset GiveUp(DateTimeOffset deadline, Script script, CommandOptions options) =>
        deadline + TimeSpan.FromMilliseconds(script.TimeoutMs) + options.Grace;

    /// <summary>An instant off the wire; null for none and for what is no instant.</summary>
    public static DateTimeOffset? Read(long unixMilliseconds) => unixMilliseconds is > 0 and <= Latest
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds)
        : null;
}
