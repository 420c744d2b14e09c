using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Tests.Issuing;

/// <summary>A second verifier, that shares no code with ours, reads the same certificates the same way (T2).</summary>
public sealed class OpenSslAgreementTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly TestFolder _folder = new();
    private readonly TestPki _pki;
    private readonly TestSitePki _north;

    public OpenSslAgreementTests()
    {
        _pki = new TestPki(_clock);
        _north = _pki.AddSite("north.test");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Verify_allWeIssue_isAccepted()
    {
        var gateway = _pki.CoordinatorIssuer.IssueGateway(GatewayId.New(), NodeKey.Generate().PublicKey, _clock);

        Assert.Equal("OK", await VerifyAsync(_north.Credential.Leaf, _north.Issuer, "sslserver", "-verify_hostname", "link.north.test"));
        Assert.Equal("OK", await VerifyAsync(_north.Credential.Leaf, _north.Issuer, "sslserver", "-verify_ip", "127.0.0.1"));
        Assert.Equal("OK", await VerifyAsync(_north.Credential.Leaf, _north.Issuer, "sslclient"));
        Assert.Equal("OK", await VerifyAsync(_north.AddAgent().Leaf, _north.Issuer, "sslclient"));
        Assert.Equal("OK", await VerifyAsync(_pki.Coordinator.Leaf, _pki.CoordinatorIssuer, "sslserver"));
        Assert.Equal("OK", await VerifyAsync(gateway, _pki.CoordinatorIssuer, "sslclient"));
    }

    [Fact]
    public async Task Verify_agentAsServer_isRefused() =>
        Assert.NotEqual("OK", await VerifyAsync(_north.AddAgent().Leaf, _north.Issuer, "sslserver"));

    [Fact]
    public async Task Verify_namesOutsideTheConstraint_areRefused()
    {
        var other = SiteId.New();
        var own = _north.Issuer.Identity;
        var cases = new (NodeIdentity Identity, string[] Dns, string[] Ips)[]
        {
            (NodeIdentity.ForSite(_pki.Federation, other), [], []),
            (own, ["south.test"], []),
            (own, [], ["10.0.0.1"]),
            (own, [], ["::1"]),
        };
        foreach (var (identity, dns, ips) in cases)
        {
            Assert.Contains("permitted subtree violation", await VerifyAsync(Forge(identity, dns, ips), _north.Issuer, "sslclient"), StringComparison.Ordinal);
        }

        Assert.Equal("OK", await VerifyAsync(Forge(own, ["link.north.test"], ["127.0.0.1"]), _north.Issuer, "sslclient"));
    }

    [Fact]
    public async Task Verify_serverWithoutAddresses_mayClaimNone()
    {
        Assert.True(ServerNames.TryCreate(["bare.test"], [], out var names, out _));
        var key = NodeKey.Generate();
        var issuer = new LeafIssuer(key, _pki.Root.IssueForSite(SiteId.New(), key.PublicKey, names, _clock), _pki.Lifetimes);

        var claiming = CertificateBuilder.Build("CN=a b", NodeKey.Generate().PublicKey, TimeSpan.FromDays(1), issuer.Intermediate, key, _clock.GetUtcNow(),
            CertificateExtensions.AlternativeNames(issuer.Identity, [], [IPAddress.Loopback]));

        Assert.Contains("excluded subtree violation", await VerifyAsync(claiming, issuer, "sslclient"), StringComparison.Ordinal);
        Assert.Equal("OK", await VerifyAsync(issuer.IssueOwnCredential(names, _clock).Leaf, issuer, "sslserver"));
    }

    private X509Certificate2 Forge(NodeIdentity identity, string[] dns, string[] ips)
    {
        var path = _folder.File("forger.pem");
        _north.Issuer.Save(path);
        using var key = NodeKey.Load(path);
        return CertificateBuilder.Build("CN=a b", NodeKey.Generate().PublicKey, TimeSpan.FromDays(1), _north.Issuer.Intermediate, key, _clock.GetUtcNow(),
            CertificateExtensions.AlternativeNames(identity, dns, ips.Select(IPAddress.Parse)));
    }

    private async Task<string> VerifyAsync(X509Certificate2 leaf, LeafIssuer issuer, string purpose, params string[] more)
    {
        await File.WriteAllTextAsync(_folder.File("root.pem"), _pki.Root.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_folder.File("intermediate.pem"), issuer.Intermediate.ExportCertificatePem());
        await File.WriteAllTextAsync(_folder.File("leaf.pem"), leaf.ExportCertificatePem());
        var start = new ProcessStartInfo("openssl") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = ["verify", "-x509_strict", "-attime", $"{_clock.GetUtcNow().ToUnixTimeSeconds()}", "-purpose", purpose, .. more,
            "-CAfile", _folder.File("root.pem"), "-untrusted", _folder.File("intermediate.pem"), _folder.File("leaf.pem")];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await Wait.ForTask("openssl verify", process.WaitForExitAsync());
        return process.ExitCode == 0 ? "OK" : await output + await errors;
    }
}
