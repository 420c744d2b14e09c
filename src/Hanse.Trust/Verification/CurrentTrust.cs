using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>Holds the trust set in use, kept in one file. Each verification asks here; a verification that runs keeps the set it began with.</summary>
public sealed class CurrentTrust
{
    private readonly Lock _gate = new();
    private readonly string? _path;
    private volatile TrustAnchors _value;

    private CurrentTrust(string? path, TrustAnchors value) => (_path, _value) = (path, value);

    public TrustAnchors Value => _value;

    /// <summary>Raised after each change, on the changing thread: live links are matched against it (T6).</summary>
    public event Action<TrustAnchors>? Changed;

    /// <summary>Held in memory only.</summary>
    public static CurrentTrust InMemory(TrustAnchors anchors) => new(null, anchors);

    /// <summary>Saves the set and holds it.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public static CurrentTrust Create(string path, TrustAnchors anchors)
    {
        AtomicFile.Write(path, anchors.ToWire().ToByteArray());
        return new CurrentTrust(path, anchors);
    }

    /// <summary>Null if there is no file: the node has not joined. Local bans are not in the file; the site adds them from its database.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static CurrentTrust? Open(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var anchors = TrustAnchors.FromWire(TrustSet.Parser.ParseFrom(File.ReadAllBytes(path)));
            return anchors is null ? throw Damaged(path, null) : new CurrentTrust(path, anchors);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Damaged(path, e);
        }
    }

    /// <summary>Durable first, then in force. <paramref name="change"/> sees the newest set and may be called once only.</summary>
    /// <exception cref="IOException">The disk refused; the old set stays in force.</exception>
    public TrustAnchors Update(Func<TrustAnchors, TrustAnchors> change)
    {
        TrustAnchors next;
        lock (_gate)
        {
            next = change(_value);
            if (ReferenceEquals(next, _value))
            {
                return next;
            }

            if (_path is not null)
            {
                AtomicFile.Write(_path, next.ToWire().ToByteArray());
            }

            _value = next;
        }

        Changed?.Invoke(next);
        return next;
    }

    /// <summary>Takes in a set from the coordinator or the site: only a newer one of the same federation; bans of its own are kept, and
    /// a revocation list never goes back (T6). False if the set was not newer.</summary>
    /// <exception cref="IOException">The disk refused; the old set stays in force.</exception>
    public bool Accept(TrustAnchors offered)
    {
        var before = Value;
        return !ReferenceEquals(before, Update(current => Merge(current, offered)));
    }

    private static TrustAnchors Merge(TrustAnchors current, TrustAnchors offered)
    {
        if (offered.Federation != current.Federation)
        {
            return current;
        }

        var newerList = offered.Revocations.IsNewerThan(current.Revocations);
        if (!offered.IsNewerThan(current))
        {
            return newerList ? current.WithRevocations(offered.Revocations) : current;
        }

        var merged = offered.WithIntermediates(current.Intermediates).WithLocalBans(current.LocalBans);
        return newerList ? merged : merged.WithRevocations(current.Revocations);
    }

    private static InvalidDataException Damaged(string path, Exception? cause) =>
        new($"{path} is damaged. Restore it from a backup, or join again.", cause);
}
