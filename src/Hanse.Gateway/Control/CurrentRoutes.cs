using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Control;

/// <summary>The signed snapshot in force, kept in one file as it was signed, and verified whenever it is read (G1). Beside it stands whether the gateway drains, so that one that
/// starts anew does not accept before its link is up.</summary>
internal sealed class CurrentRoutes
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly GatewayId _gateway;
    private readonly CurrentTrust _trust;
    private ByteString _held = ByteString.Empty;
    private volatile RouteSnapshot? _value;
    private long _refused;

    private CurrentRoutes(string path, GatewayId gateway, CurrentTrust trust) => (_path, _gateway, _trust) = (path, gateway, trust);

    /// <summary>Null before the first, and after <see cref="Forget"/>.</summary>
    internal RouteSnapshot? Value => _value;

    /// <summary>The window of the drain that the coordinator wishes; null when it wishes none.</summary>
    internal TimeSpan? Drain { get; private set; }

    /// <summary>How many snapshots were refused since the start.</summary>
    internal long Refused => Interlocked.Read(ref _refused);

    /// <summary>A file that does not verify counts as none: what is wrong with it is in <paramref name="fault"/>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static CurrentRoutes Open(string path, GatewayId gateway, CurrentTrust trust, out Error? fault)
    {
        var routes = new CurrentRoutes(path, gateway, trust);
        routes.Hold(routes.Read(out fault));
        routes._refused = fault is null ? 0 : 1;
        return routes;
    }

    /// <summary>Takes what another process has stored since, the gateway that this one takes over from: also that it has forgotten everything. A file that does not
    /// verify or is older changes nothing. True if something is different now.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal bool ReadAgain()
    {
        lock (_gate)
        {
            var kept = Read(out var fault);
            var isOlder = kept is not null && Order(kept.Snapshot).CompareTo(Order(_value)) < 0;
            var isSame = (kept?.Signed ?? ByteString.Empty) == _held && kept?.Drain == Drain;
            if (fault is not null || isOlder || isSame)
            {
                return false;
            }

            Hold(kept);
            return true;
        }
    }

    /// <summary>Durable first, then in force. Null if it is taken: newer than the one held, or the same signed anew, which keeps the file verifiable when roots change.</summary>
    /// <param name="offered">What came.</param>
    /// <param name="drain">The window of the drain that is wished with it; null for none.</param>
    /// <exception cref="IOException">The disk refused; the one held stays.</exception>
    internal Error? Accept(SignedRoutes? offered, TimeSpan? drain = null)
    {
        lock (_gate)
        {
            var snapshot = offered is null ? null : RouteSignature.Verify(offered, _gateway, _trust.Value);
            var fault = snapshot is null ? NotTrusted("it is not signed by this federation's coordinator for this gateway")
                : Order(snapshot).CompareTo(Order(_value)) < 0 ? Error(
                    ErrorCodes.RoutesOutdated, $"Snapshot {snapshot.Number} of incarnation {snapshot.IncarnationNumber} is older than the one in force.")
                : RouteEntries.Fault(snapshot);
            if (fault is not null)
            {
                Interlocked.Increment(ref _refused);
                return fault;
            }

            if (offered!.Routes != _held || drain != Drain)
            {
                var kept = new HeldRoutes
                {
                    Routes = offered.Routes, Signature = offered.Signature, Signer = offered.Signer, Draining = drain is not null, DrainWindowMs = (uint)(drain?.TotalMilliseconds ?? 0),
                };
                AtomicFile.Write(_path, kept.ToByteArray());
                Hold(new(snapshot!, offered.Routes, drain));
            }

            return null;
        }
    }

    /// <summary>The gateway was removed from its federation: nothing of it is relayed any more, also after a restart.</summary>
    internal void Forget()
    {
        lock (_gate)
        {
            File.Delete(_path);
            Hold(null);
        }
    }

    private void Hold(Kept? kept) => (_value, _held, Drain) = (kept?.Snapshot, kept?.Signed ?? ByteString.Empty, kept?.Drain);

    /// <summary>What the file says; null if there is none, or if it is not believed.</summary>
    private Kept? Read(out Error? fault)
    {
        fault = null;
        if (!File.Exists(_path))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(_path);
        HeldRoutes? file = null;
        try
        {
            file = HeldRoutes.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            // Told below, like one that somebody changed.
        }

        var snapshot = file is null ? null : RouteSignature.Verify(new SignedRoutes { Routes = file.Routes, Signature = file.Signature, Signer = file.Signer }, _gateway, _trust.Value);
        fault = snapshot is null ? NotTrusted($"{_path} was changed or is damaged") : RouteEntries.Fault(snapshot);
        return fault is null ? new(snapshot!, file!.Routes, file.Draining ? TimeSpan.FromMilliseconds(file.DrainWindowMs) : null) : null;
    }

    private static (ulong, ulong) Order(RouteSnapshot? snapshot) => snapshot is null ? (0, 0) : (snapshot.IncarnationNumber, snapshot.Number);

    private static Error NotTrusted(string why) => Error(ErrorCodes.RoutesNotTrusted, $"The snapshot of routes is refused: {why}.");

    private static Error Error(string code, string message) => new() { Code = code, Message = message };

    private sealed record Kept(RouteSnapshot Snapshot, ByteString Signed, TimeSpan? Drain);
}
