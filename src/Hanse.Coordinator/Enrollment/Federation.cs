using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Audit.Checkpoints;
using Hanse.Authority.Issuing;
using Hanse.Authority.Sealing;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Enrollment.Rotation;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>The federation's keys in use by this replica: the root (unsealed in memory only, T7), this replica's own issuer and
/// certificate, the customer key, and the trust set built from the registry.</summary>
internal sealed class Federation(CoordinatorOptions options, FederationStore store, RotationStore rotations, BanStore bans, TimeProvider time) : IFederation, IAuditIdentity
{
    private const string CustomerKeyLabel = "customer-key";
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private SealingKey? _sealing;
    private FederationRow? _row;
    private RootAuthority? _root;
    private byte[]? _customerKey;
    private byte[]? _previousCustomerKey;

    public FederationId Id => new(_row!.FederationId);

    public Guid Incarnation => _row!.Incarnation;

    public ulong IncarnationNumber => (ulong)_row!.IncarnationNumber;

    public IReadOnlyList<string> RootPins => [.. Trust.Value.Roots.Select(root => SpkiHash.Of(root).ToString())];

    public TrustAnchors Anchors => Trust.Value;

    public Guid Replica { get; } = FederationId.New().Value;

    public bool IsOpen => _row is not null && Server is not null;

    public RootAuthority Root => _root!;

    public TimeSpan ReturnWindow => options.Lifetimes.ReturnWindow;

    public SpkiHash RootKey => _root!.Pin;

    public ReadOnlySpan<byte> CustomerKey => _customerKey;

    public CurrentIssuer Issuer { get; private set; } = null!;

    public CurrentCredential Server { get; private set; } = null!;

    public CurrentTrust Trust { get; private set; } = null!;

    public PeerVerifier Verifier { get; private set; } = null!;

    public event Action? TrustChanged;

    public bool IsRecovering { get; private set; }

    NodeCredential? IAuditIdentity.Credential => IsOpen ? Server.Value : null;

    TrustAnchors IAuditIdentity.Trust => Trust.Value;

    /// <summary>Opens the federation, or founds it at the first start of all.</summary>
    /// <exception cref="InvalidDataException">The key file is not the one the root was sealed under.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _sealing = SealingKey.LoadOrGenerate(options.KeyFile);
        var row = await store.EnsureAsync(() => Found(_sealing), cancellation);
        _root = Unseal(row);
        OpenCustomerKeys(row);
        Issuer = await OpenIssuerAsync(cancellation);
        IsRecovering = await store.IsRecoveringAsync(cancellation);
        _row = row;
        Trust = CurrentTrust.InMemory(await ReadAnchorsAsync(row, cancellation));
        Verifier = new PeerVerifier(Trust, time);
        Server = CurrentCredential.TryOpen(FilePath("server.pem"), out var held) && IsCurrent(held.Value)
            ? held
            : CurrentCredential.Create(FilePath("server.pem"), Issuer.Value.IssueOwnCredential(options.Names, time));
    }

    /// <summary>Takes over what this or another replica has changed in the database: roots (T4), and the list of bans (T6). A replica that died in the
    /// middle of a rotation goes on here. Repeating it changes nothing.</summary>
    public async Task ReloadAsync(CancellationToken cancellation)
    {
        await _reloading.WaitAsync(cancellation);
        try
        {
            var row = await store.FindAsync(cancellation);
            if (row.TrustGeneration != _row!.TrustGeneration)
            {
                _root = row.RootCertificate.AsSpan().SequenceEqual(_root!.Certificate.RawData) ? _root : Unseal(row);
                var anchors = await ReadAnchorsAsync(row, cancellation);
                OpenCustomerKeys(row);
                _row = row;
                Trust.Update(held => Newest(anchors.WithIntermediates(held.Intermediates), held.Revocations));
                TrustChanged?.Invoke();
            }
            else if (await bans.NewestAsync(cancellation) is { } list && list.List != Trust.Value.Revocations.Signed?.List
                && RevocationSignature.Verify(list, Trust.Value) is { } issued)
            {
                Enforce(issued);
            }

            if (!row.SealedCustomerKey.AsSpan().SequenceEqual(_row.SealedCustomerKey) || row.PreviousCustomerKeyUntil != _row.PreviousCustomerKeyUntil)
            {
                OpenCustomerKeys(row);
                _row = row;
                TrustChanged?.Invoke();
            }

            if (!IsOfRoot(Issuer.Value.Intermediate))
            {
                await RenewIssuerAsync(cancellation);
            }
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Puts a list that is committed in force here: links are matched against it, and sites are told.</summary>
    public void Enforce(Revocations issued)
    {
        var before = Trust.Value.Revocations;
        if (Trust.Update(trust => issued.IsNewerThan(trust.Revocations) ? trust.WithRevocations(issued) : trust).Revocations != before)
        {
            TrustChanged?.Invoke();
        }
    }

    /// <summary>A root to follow this one, and this one's word for it (T4). Its key leaves this method sealed.</summary>
    public (SealedRoot Root, SpkiHash Key, RootSuccession Succession) CreateNextRoot()
    {
        using var next = RootAuthority.Create(Id, options.Lifetimes, time);
        return (RootSeal.Seal(next, _sealing!), next.Pin, _root!.VouchFor(next.Certificate));
    }

    public TrustSet TrustForNodes() => new TrustAnchors(Id, Trust.Value.Roots, OwnIntermediates())
    {
        Generation = (ulong)_row!.TrustGeneration, IncarnationNumber = IncarnationNumber,
        Incarnation = ByteString.CopyFrom(Incarnation.ToByteArray(bigEndian: true)), Revocations = Trust.Value.Revocations,
        Successions = Trust.Value.Successions,
    }.ToWire();

    /// <summary>Takes a site's new intermediate into the set that links are verified with (T5).</summary>
    public void Learn(byte[] intermediate) => Trust.Update(t => t.WithIntermediates([X509CertificateLoader.LoadCertificate(intermediate)]));

    public bool Bans(NodeIdentity node) => Trust.Value.Bans(node);

    public void EndRecovery() => IsRecovering = false;

    public async Task OutliveAsync(ulong number, CancellationToken cancellation)
    {
        await store.OutliveAsync((long)number, cancellation);
        _row = await store.FindAsync(cancellation);
    }

    public NodeIdentity? LearnPresented(X509Certificate2 intermediate)
    {
        var identity = PeerVerifier.VerifyIntermediate(intermediate, Trust.Value, time.GetUtcNow());
        if (identity?.Kind == NodeKind.Site)
        {
            Learn(intermediate.RawData);
        }

        return identity;
    }

    public async Task RememberAsync(NpgsqlTransaction transaction, SiteId site, byte[] intermediate, CancellationToken cancellation)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(intermediate);
        await store.AddIntermediateAsync(transaction, SpkiHash.Of(certificate), site, intermediate, certificate.NotAfter.ToUniversalTime(), cancellation);
    }

    public X509Certificate2? IssuerOf(X509Certificate2 leaf) => Trust.Value.ChainOf(leaf).FirstOrDefault();

    public Task LinkedAsync(SiteId site, CancellationToken cancellation) => store.LinkedAsync(site.Value, cancellation);

    public Task LinkedAsync(GatewayId gateway, CancellationToken cancellation) => store.LinkedAsync(gateway.Value, cancellation);

    public SignedRoutes Sign(RouteSnapshot snapshot) => RouteSignature.Sign(snapshot, Server.Value);

    public DesiredTrust DesiredTrust(SiteId site)
    {
        var overlaps = _previousCustomerKey is not null && time.GetUtcNow() < PreviousCustomerKeyUntil;
        return new(TrustForNodes(), SiteKeyFor(site), overlaps ? SiteKey.Derive(_previousCustomerKey, site) : null, overlaps ? PreviousCustomerKeyUntil : null);
    }

    /// <summary>Until when the customer key before is valid too; null where there is none (J3).</summary>
    public DateTimeOffset? PreviousCustomerKeyUntil => _row!.PreviousCustomerKeyUntil;

    public DateTimeOffset? CustomerKeyMadeAt => _row!.CustomerKeyMadeAt;

    /// <summary>A new customer key, sealed.</summary>
    public byte[] CreateCustomerKey() => SecretSeal.Seal(RandomNumberGenerator.GetBytes(JoinInvitation.SecretBytes), CustomerKeyLabel, _sealing!);

    public byte[] SiteKeyFor(SiteId site) => SiteKey.Derive(_customerKey, site);

    /// <summary>A new intermediate of this replica's own, under the root; the old one's leaf stays valid to its end.</summary>
    public async Task RenewIssuerAsync(CancellationToken cancellation)
    {
        var next = NewIssuer();
        await store.AddIntermediateAsync(
            SpkiHash.Of(next.Intermediate), null, next.Intermediate.RawData, next.NotAfter, cancellation);
        Learn(next.Intermediate.RawData);
        Issuer.Swap(next);
        RenewServer();
    }

    public void RenewServer() => Server.Swap(Issuer.Value.IssueOwnCredential(options.Names, time));

    private (SealedRoot, byte[]) Found(SealingKey sealing)
    {
        using var root = RootAuthority.Create(FederationId.New(), options.Lifetimes, time);
        return (RootSeal.Seal(root, sealing), SecretSeal.Seal(RandomNumberGenerator.GetBytes(JoinInvitation.SecretBytes), CustomerKeyLabel, sealing));
    }

    private async Task<CurrentIssuer> OpenIssuerAsync(CancellationToken cancellation)
    {
        if (CurrentIssuer.Open(FilePath("issuer.pem"), options.Lifetimes) is { } held && held.Value.CanIssue(time) && held.Value.Identity.Federation == _root!.Federation
            && IsOfRoot(held.Value.Intermediate) && Covers(held.Value.Intermediate))
        {
            // A restored registry may not know it.
            await store.AddIntermediateAsync(SpkiHash.Of(held.Value.Intermediate), null, held.Value.Intermediate.RawData, held.Value.NotAfter, cancellation);
            return held;
        }

        var issuer = NewIssuer();
        await store.AddIntermediateAsync(SpkiHash.Of(issuer.Intermediate), null, issuer.Intermediate.RawData, issuer.NotAfter, cancellation);
        return CurrentIssuer.Create(FilePath("issuer.pem"), issuer);
    }

    private void OpenCustomerKeys(FederationRow row)
    {
        _customerKey = SecretSeal.Unseal(row.SealedCustomerKey, CustomerKeyLabel, _sealing!) ?? throw WrongKeyFile();
        _previousCustomerKey = row.SealedPreviousCustomerKey is { } previous ? SecretSeal.Unseal(previous, CustomerKeyLabel, _sealing!) ?? throw WrongKeyFile() : null;
    }

    /// <summary>What was learned or banned between the reading and now stays.</summary>
    private static TrustAnchors Newest(TrustAnchors read, Revocations held) => held.IsNewerThan(read.Revocations) ? read.WithRevocations(held) : read;

    private RootAuthority Unseal(FederationRow row)
    {
        var sealedRoot = new SealedRoot(new FederationId(row.FederationId), row.RootCertificate, row.SealedRootKey);
        return RootSeal.Unseal(sealedRoot, _sealing!, options.Lifetimes) is UnsealOutcome.Unsealed unsealed ? unsealed.Root : throw WrongKeyFile();
    }

    /// <summary>Whether an intermediate comes from the root that issues now.</summary>
    public bool IsOfRoot(X509Certificate2 intermediate) =>
        new TrustAnchors(_root!.Federation, [_root.Certificate], []).RootOf(intermediate) is not null;

    /// <summary>A name or address that was configured since needs a new intermediate (T2).</summary>
    private bool Covers(X509Certificate2 intermediate)
    {
        var constraints = intermediate.Extensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.30")?.RawData ?? [];
        return options.Names.AllDns.All(n => constraints.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(n)) >= 0)
            && options.Names.Addresses.All(a => constraints.AsSpan().IndexOf(a.GetAddressBytes()) >= 0);
    }

    private LeafIssuer NewIssuer()
    {
        var key = NodeKey.Generate();
        return new LeafIssuer(key, _root!.IssueForCoordinator(key.PublicKey, options.Names, time), options.Lifetimes);
    }

    private bool IsCurrent(NodeCredential held) =>
        held.NotAfter > time.GetUtcNow() && held.Chain.Any(c => c.RawData.AsSpan().SequenceEqual(Issuer.Value.Intermediate.RawData));

    private async Task<TrustAnchors> ReadAnchorsAsync(FederationRow row, CancellationToken cancellation)
    {
        var anchors = new TrustAnchors(
            new FederationId(row.FederationId), (await rotations.RootsAsync(cancellation)).Select(der => X509CertificateLoader.LoadCertificate(der)),
            (await store.IntermediatesAsync(cancellation)).Select(der => X509CertificateLoader.LoadCertificate(der)))
        {
            Generation = (ulong)row.TrustGeneration, IncarnationNumber = (ulong)row.IncarnationNumber,
            Incarnation = ByteString.CopyFrom(row.Incarnation.ToByteArray(bigEndian: true)),
            Successions = [.. await rotations.SuccessionsAsync(cancellation)],
        };
        return await bans.NewestAsync(cancellation) is not { } list ? anchors
            : RevocationSignature.Verify(list, anchors) is { } revocations ? anchors.WithRevocations(revocations)
            : throw new InvalidDataException("The newest revocation list in the database is not signed by this federation's coordinator. Restore the database from a backup.");
    }

    private IEnumerable<X509Certificate2> OwnIntermediates() =>
        Trust.Value.Intermediates.Where(i => CertificateNames.ReadIdentity(i)?.Kind == NodeKind.Coordinator);

    private string FilePath(string file) => Path.Combine(options.DataFolder, file);

    private InvalidDataException WrongKeyFile() => new(
        $"The federation's root key cannot be opened with {options.KeyFile}: it was sealed under another key file. "
        + "Put the original file back (each replica has the same one; a backup holds it), or set coordinator.keyFile to it.");
}
