using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Server.Cli;

namespace Hanse.Server.Tests.Cli;

/// <summary>First contact, pins, and what the profile trusts afterwards, over real TLS.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private readonly CliHarness _cli = new();
    private readonly X509Certificate2 _root = Root();
    private FakeApi _api = null!;

    private string Pin => Convert.ToHexStringLower(SHA256.HashData(_root.PublicKey.ExportSubjectPublicKeyInfo()));

    public async ValueTask InitializeAsync() => _api = await FakeApi.StartAsync(Leaf(_root), _root);

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _cli.Dispose();
    }

    [Fact]
    public async Task With_the_right_pin_the_profile_is_written_for_its_owner_alone()
    {
        _cli.Input = "right\n";
        var login = await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test", "--pin", Pin);
        Assert.Equal((ExitCodes.Ok, ""), (login.Code, login.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_cli.ProfilePath));
        Assert.Equal("link.hanse.test", Assert.Single(_api.TrustNames));
        var status = await _cli.RunAsync("status", "-o", "json");
        Assert.Contains("Bearer hanse_t0ken", status.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_wrong_pin_nothing_is_sent()
    {
        _cli.Input = "right\n";
        var login = await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test", "--pin", new string('0', 64));
        Assert.Equal(ExitCodes.Denied, login.Code);
        Assert.Contains(Pin, login.Error, StringComparison.Ordinal);
        Assert.Empty(_api.Taken);
        Assert.False(File.Exists(_cli.ProfilePath));
    }

    [Fact]
    public async Task Without_a_pin_a_person_is_asked_and_a_program_refused()
    {
        _cli.Input = "right\n";
        var alone = await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test");
        Assert.Equal((ExitCodes.Usage, true), (alone.Code, _api.Taken.IsEmpty));

        _cli.IsInteractive = true;
        _cli.Input = "n\n";
        Assert.Equal(ExitCodes.Denied, (await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test")).Code);

        _cli.Input = "y\nright\n";
        var login = await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test");
        Assert.Equal(ExitCodes.Ok, login.Code);
        Assert.Contains(Pin, login.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_writes_no_profile()
    {
        _cli.Input = "wrong\n";
        var login = await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test", "--pin", Pin);
        Assert.Equal(ExitCodes.Denied, login.Code);
        Assert.Contains("credentials-invalid", login.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_cli.ProfilePath));
    }

    [Fact]
    public async Task Given_a_profile_When_the_server_shows_another_root_Then_it_is_not_spoken_to()
    {
        _cli.Input = "right\n";
        await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test", "--pin", Pin);
        var other = Root();
        await using var impostor = await FakeApi.StartAsync(Leaf(other), other);
        var profile = await File.ReadAllTextAsync(_cli.ProfilePath);
        await File.WriteAllTextAsync(_cli.ProfilePath, profile.Replace(_api.Https, impostor.Https, StringComparison.Ordinal));
        var status = await _cli.RunAsync("status");
        Assert.Equal(ExitCodes.Unreachable, status.Code);
        Assert.Contains("could not be verified", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_sent_only_where_it_was_given()
    {
        _cli.Input = "right\n";
        await _cli.RunAsync("login", _api.Https, "--server-name", "hanse.test", "--pin", Pin);
        var elsewhere = await _cli.RunAsync("status", "--address", "https://127.0.0.1:1");
        Assert.Equal(ExitCodes.Denied, elsewhere.Code);
    }

    private static X509Certificate2 Root()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=Hanse test root", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    private static X509Certificate2 Leaf(X509Certificate2 root)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=Hanse test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("hanse.test");
        names.AddDnsName("link.hanse.test");
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(root, root.NotBefore, root.NotAfter, RandomNumberGenerator.GetBytes(16));
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
