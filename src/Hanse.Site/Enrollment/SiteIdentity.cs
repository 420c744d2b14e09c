using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hanse.Audit.Checkpoints;
using Hanse.Authority.Issuing;
using Hanse.Link.Dialing;
using Hanse.Protocol.Ids;
using Hanse.Site.Enrollment.Api;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Site.Enrollment;

/// <summary>Who this site is: its row, its issuing key, its own certificate and its trust set. Opened at start, or made by joining; from
/// then on it lives as long as the site's data.</summary>
internal sealed class SiteIdentity(SiteOptions options, SiteStore store, TimeProvider time) : ISiteIdentity, IAuditIdentity
{
    private readonly TaskCompletionSource<SiteKeys> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile EnrolledSite? _row;
    private volatile bool _closed;

    /// <summary>Null until the site has joined, and after it has left.</summary>
    public SiteKeys? Keys => !_closed && _joined.Task.IsCompletedSuccessfully ? _joined.Task.Result : null;

    public EnrolledSite? Row => _row;

    NodeCredential? IAuditIdentity.Credential => Keys?.Server.Value;

    TrustAnchors IAuditIdentity.Trust => Keys!.Trust.Value;

    public SiteSelf? Self => Keys is { } keys && _row is { } row ? Describe(keys, row) : null;

    public CurrentTrust Trust => Keys!.Trust;

    public X509Certificate2 Intermediate => Keys!.Issuer.Value.Intermediate;

    public byte[] SiteKeyId => SiteKey.IdOf(_row!.SiteKey);

    public string? RenewalError { get; set; }

    /// <summary>Why this site cannot go on by itself for ever: its intermediate should long have been renewed. Null while all is well.</summary>
    public string? TrustProblem =>
        Keys is { } keys && RenewalHealth.IsOverdue(keys.Issuer.Value.NotBefore, keys.Issuer.Value.NotAfter, time.GetUtcNow())
            ? $"The site's intermediate, which ends at {keys.Issuer.Value.NotAfter:u}, cannot be renewed: {RenewalError ?? "the coordinator was not reached."}"
            : null;

    public event Action? KeysChanged;

    public event Action? PathsChanged;

    public LinkTarget Coordinator => new(Addresses(_row!.CoordinatorAddresses), _row.CoordinatorServerName);

    public bool IsSuspended => _row is { Suspended: true };

    public TimeSpan? SyncInterval => _row is { SyncMs: > 0 } row ? TimeSpan.FromMilliseconds(row.SyncMs) : null;

    public ulong ObservedGeneration => (ulong)(_row?.Generation ?? 0);

    public async Task<SiteSelf> JoinedAsync(CancellationToken cancellation)
    {
        var keys = await _joined.Task.WaitAsync(cancellation);
        return Describe(keys, _row!);
    }

    public LinkTls CoordinatorTls() => new(Keys!.Server, Keys.Verifier, PeerExpectation.Coordinator());

    /// <summary>Opens what an earlier life of this site stored. False if it has not joined.</summary>
    public async Task<bool> OpenAsync(CancellationToken cancellation)
    {
        if (Keys is not null)
        {
            // The listener answers before the loops start, and a join through it came first: its files are this life's already.
            return true;
        }

        var row = await store.FindAsync(cancellation);
        if (row is null || CurrentTrust.Open(FilePath("trust")) is not { } trust || CurrentIssuer.Open(FilePath("issuer.pem"), options.Lifetimes) is not { } issuer)
        {
            return false;
        }

        var server = CurrentCredential.TryOpen(FilePath("server.pem"), out var held)
            ? held
            : CurrentCredential.Create(FilePath("server.pem"), issuer.Value.IssueOwnCredential(Names(row), time));
        Complete(row, new SiteKeys(issuer, server, trust, new PeerVerifier(trust, time)));
        return true;
    }

    /// <summary>Takes over what joining gave, files first, so that a crash repeats the join with the same key (J2).</summary>
    public async Task CompleteJoinAsync(SiteJoinOutcome.Joined joined, NodeKey key, CancellationToken cancellation)
    {
        var trust = CurrentTrust.Create(FilePath("trust"), joined.Trust);
        var issuer = CurrentIssuer.Create(FilePath("issuer.pem"), new LeafIssuer(key, joined.Intermediate, options.Lifetimes));
        await store.AddAsync(joined, cancellation);
        var row = (await store.FindAsync(cancellation))!;
        var server = CurrentCredential.Create(FilePath("server.pem"), issuer.Value.IssueOwnCredential(Names(row), time));
        Complete(row, new SiteKeys(issuer, server, trust, new PeerVerifier(trust, time)));
    }

    /// <summary>The site has left: from here on it is nobody, and lets nobody in.</summary>
    public void Close() => _closed = true;

    /// <summary>Reads the row again after desired state changed it.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        var before = _row;
        _row = await store.FindAsync(cancellation) ?? _row;
        if (before is not null && !before.SiteKey.AsSpan().SequenceEqual(_row!.SiteKey))
        {
            KeysChanged?.Invoke();
        }

        if (before is not null && !(before.Addresses.SequenceEqual(_row!.Addresses) && before.GatewayAddresses.SequenceEqual(_row.GatewayAddresses)))
        {
            PathsChanged?.Invoke();
        }
    }

    public Task RecoverTrustAsync(CancellationToken cancellation) =>
        new RootRecovery(time).TryAsync(Coordinator.Addresses, Coordinator.ServerName, Trust, cancellation);

    /// <summary>A new certificate of the site's own under the issuer in use.</summary>
    public NodeCredential IssueServer() => Keys!.Issuer.Value.IssueOwnCredential(Names(_row!), time);

    /// <summary>What the certificate covers: the external names, and of the addresses those that are IP addresses.</summary>
    public static ServerNames Names(EnrolledSite row) =>
        ServerNames.TryCreate(
            row.ExternalNames,
            Addresses(row.Addresses).Select(a => a.Host).Where(h => IPAddress.TryParse(h, out _)).Distinct(),
            out var names, out var why)
            ? names
            : throw new InvalidDataException($"The names in the site's database cannot be used: {why}");

    public string FilePath(string file) => Path.Combine(options.IdentityFolder, file);

    private void Complete(EnrolledSite row, SiteKeys keys)
    {
        _row = row;
        keys.Trust.Changed += _ => KeysChanged?.Invoke();
        keys.Issuer.Swapped += _ => KeysChanged?.Invoke();
        _joined.TrySetResult(keys);
    }

    private static SiteSelf Describe(SiteKeys keys, EnrolledSite row) => new(
        NodeIdentity.ForSite(new FederationId(row.FederationId), new SiteId(row.SiteId)), row.Name, row.ExternalNames, keys.Issuer.Value.NotAfter)
    {
        Addresses = row.Addresses,
        GatewayAddresses = row.GatewayAddresses,
    };

    private static List<NodeAddress> Addresses(IEnumerable<string> texts) =>
        [.. texts.Select(t => NodeAddress.TryParse(t, out var address) ? address : null).OfType<NodeAddress>()];
}

/// <summary>The site's keys and what they are judged by; each is swapped in place when it is renewed.</summary>
internal sealed record SiteKeys(CurrentIssuer Issuer, CurrentCredential Server, CurrentTrust Trust, PeerVerifier Verifier);
