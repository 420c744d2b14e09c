using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Server.Cli.Connection;

namespace Hanse.Server.Cli.Federation;

/// <summary>Trust on first use, in the open: what the server shows as the federation's roots is nothing until a pin given beforehand, or a
/// person who compared it, vouches for it. Nothing secret is sent here (J2).</summary>
internal sealed class FirstContact(CliContext cli)
{
    private const int LongestTrustSet = 256 * 1024;

    /// <summary>The roots, in PEM, that were vouched for.</summary>
    public async Task<IReadOnlyList<string>> RootsAsync(Uri address, string serverName, string? pin, CancellationToken cancellation)
    {
        var roots = await FetchAsync(address, serverName, cancellation);
        if (pin is not null)
        {
            return Pinned(address, roots, pin.Replace(":", "", StringComparison.Ordinal).Trim().ToLowerInvariant());
        }

        await cli.Error.WriteLineAsync($"First connection to {address.Authority}. It shows this federation root (SHA-256 of its public key):");
        foreach (var root in roots)
        {
            await cli.Error.WriteLineAsync($"  {Pin(root)}");
        }

        await cli.Error.WriteLineAsync("Compare it with rootPins of `hanse status --address unix:/path/to/coordinator.sock` there. Once accepted, only this root is trusted.");
        if (!cli.IsInteractive)
        {
            throw new CliException(ExitCodes.Usage, "nobody is there to say whether the root is the right one.", "Say it with --pin HEX.");
        }

        return cli.Confirm("Is it the same?")
            ? [.. roots.Select(r => r.ExportCertificatePem())]
            : throw new CliException(ExitCodes.Denied, "the root was not accepted, and nothing was sent.");
    }

    private static string[] Pinned(Uri address, IReadOnlyList<X509Certificate2> roots, string pin)
    {
        var pinned = roots.Where(r => Pin(r) == pin).Select(r => r.ExportCertificatePem()).ToArray();
        return pinned.Length > 0 ? pinned : throw new CliException(ExitCodes.Denied,
            $"{address.Authority} shows a federation root with the pin {string.Join(", ", roots.Select(Pin))}, not the one given.",
            "Nothing was sent. Either the pin is of another federation, or someone is in between.", "wrong-pins");
    }

    private static async Task<IReadOnlyList<X509Certificate2>> FetchAsync(Uri address, string serverName, CancellationToken cancellation)
    {
        using var http = ApiTransport.Unverified(address, $"link.{serverName}");
        http.MaxResponseContentBufferSize = LongestTrustSet;
        try
        {
            var answer = await http.GetByteArrayAsync(new Uri("/trust", UriKind.Relative), cancellation);
            var roots = TrustSet.Parser.ParseFrom(answer).Roots.Select(r => X509CertificateLoader.LoadCertificate(r.Span)).ToArray();
            return roots.Length > 0 ? roots : throw NoHanse(address);
        }
        catch (HttpRequestException answered) when (answered.StatusCode is not null)
        {
            throw NoHanse(address);
        }
        catch (HttpRequestException broken)
        {
            throw ApiFailure.Of(broken, address.GetLeftPart(UriPartial.Authority));
        }
        catch (Exception garbled) when (garbled is InvalidProtocolBufferException or CryptographicException)
        {
            throw NoHanse(address);
        }
    }

    private static CliException NoHanse(Uri address) =>
        new(ExitCodes.Unreachable, $"{address.Authority} shows no federation roots.", "Is this the address of a Hanse coordinator? If it is reached by another name than its own, say --server-name.", "not-api");

    private static string Pin(X509Certificate2 root) => Convert.ToHexStringLower(SHA256.HashData(root.PublicKey.ExportSubjectPublicKeyInfo()));
}
