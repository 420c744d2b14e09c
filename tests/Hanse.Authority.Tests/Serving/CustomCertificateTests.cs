using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Authority.Serving;
using Hanse.TestKit;

namespace Hanse.Authority.Tests.Serving;

/// <summary>Certificates of the operator's own (T8): what cannot be used is named, and the one in use stays.</summary>
public sealed class CustomCertificateTests : IDisposable
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TestFolder _folder = new();

    private string Certificate => _folder.File("tls.pem");

    private string Key => _folder.File("tls.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Given_files_that_are_replaced_When_asked_again_Then_the_new_certificate_is_in_use()
    {
        var first = Write();
        var custom = CustomCertificate.Open(Certificate, Key, _clock);
        Assert.Equal(first, custom.Context.TargetCertificate.Thumbprint);

        var second = Write("CN=second.example.org");

        Assert.Equal(second, Again(custom));
        Assert.Null(custom.Problem);
    }

    [Theory]
    [InlineData("mismatch", "does not belong")]
    [InlineData("expired", "ended at 2029")]
    [InlineData("future", "begins only at 2031")]
    [InlineData("readable", "chmod 600")]
    [InlineData("garbage", "no certificate")]
    [InlineData("missing", "cannot be read")]
    public void Given_a_replacement_that_cannot_be_used_When_asked_Then_it_is_told_once_and_the_old_one_stays(string what, string told)
    {
        var first = Write();
        var custom = CustomCertificate.Open(Certificate, Key, _clock);
        var problems = new List<string>();
        custom.Refused += problems.Add;

        Spoil(what);

        Assert.Equal(first, Again(custom));
        Assert.Equal(first, Again(custom));
        Assert.Contains(told, Assert.Single(problems), StringComparison.Ordinal);
        Assert.Contains(told, custom.Problem, StringComparison.Ordinal);
        Assert.Contains(told, Assert.Throws<InvalidDataException>(() => CustomCertificate.Open(Certificate, Key, _clock)).Message, StringComparison.Ordinal);

        // And when it is mended, it is taken.
        var mended = Write("CN=mended.example.org");
        Assert.Equal(mended, Again(custom));
        Assert.Null(custom.Problem);
    }

    private void Spoil(string what)
    {
        switch (what)
        {
            case "mismatch":
                using (var other = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    WriteKey(other.ExportPkcs8PrivateKeyPem());
                }

                break;
            case "expired":
                Write(from: -400, to: -1);
                break;
            case "future":
                Write(from: 366, to: 700);
                break;
            case "readable":
                File.SetUnixFileMode(Key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
                break;
            case "garbage":
                File.WriteAllText(Certificate, "no PEM at all");
                break;
            default:
                File.Delete(Key);
                break;
        }
    }

    private string Again(CustomCertificate custom)
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        return custom.Context.TargetCertificate.Thumbprint;
    }

    private string Write(string subject = "CN=hanse.example.org", int from = -10, int to = 90)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = _clock.GetUtcNow();
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(from), now.AddDays(to));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        WriteKey(key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    private void WriteKey(string pem)
    {
        File.Delete(Key);
        using var file = new FileStream(Key, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        file.Write(System.Text.Encoding.ASCII.GetBytes(pem));
    }
}
