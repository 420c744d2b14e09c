using Hanse.Gateway.Relay.Counting;

namespace Hanse.Gateway.Relay;

/// <summary>Fatal alerts that the relay answers a hello with (RFC 8446 §6), before any encryption.</summary>
internal static class TlsAlert
{
    internal static ReadOnlySpan<byte> DecodeError => [21, 3, 3, 0, 2, 2, 50];

    internal static ReadOnlySpan<byte> InternalError => [21, 3, 3, 0, 2, 2, 80];

    internal static ReadOnlySpan<byte> UnrecognizedName => [21, 3, 3, 0, 2, 2, 112];

    /// <summary>What a refused client is told; empty for a reset.</summary>
    internal static ReadOnlySpan<byte> Of(Refusal cause) => cause switch
    {
        Refusal.Malformed or Refusal.TooLarge => DecodeError,
        Refusal.NoName or Refusal.UnknownName or Refusal.Rejected => UnrecognizedName,
        Refusal.RouteLimit or Refusal.NoUpstream => InternalError,
        _ => [],
    };
}
