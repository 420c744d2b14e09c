using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Server.Cli.Connection;

/// <summary>Sends requests over TLS that is verified by the profile's roots. When the server comes from a root that is not among them, asks it who vouches
/// for that root (T4): one that an old root signed for is taken over and kept, and the request, of which nothing was sent, is made again.</summary>
internal sealed class RootFollower(Uri address, string serverName, X509Certificate2Collection roots, Action<IReadOnlyList<X509Certificate2>> keep) : HttpMessageHandler
{
    private const int LongestTrustSet = 256 * 1024;
    private HttpMessageInvoker _verified = new(ApiTransport.Verified(roots));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _verified.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException untrusted) when (untrusted.InnerException is AuthenticationException)
        {
            if (await FollowAsync(cancellationToken) is not { Count: > 0 } found)
            {
                throw;
            }

            _verified.Dispose();
            _verified = new(ApiTransport.Verified([.. found]));
            var answer = await _verified.SendAsync(request, cancellationToken);
            keep(found);
            return answer;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _verified.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<IReadOnlyList<X509Certificate2>> FollowAsync(CancellationToken cancellation)
    {
        try
        {
            using var http = ApiTransport.Unverified(address, $"link.{serverName}");
            http.MaxResponseContentBufferSize = LongestTrustSet;
            var set = TrustSet.Parser.ParseFrom(await http.GetByteArrayAsync(new Uri("/trust", UriKind.Relative), cancellation));
            var pins = roots.Select(SpkiHash.Of).ToHashSet();
            return RootSuccessions.Follow(FederationId.FromBytes(set.FederationId.Span), pins.Contains, set.Successions);
        }
        catch (Exception noAnswer) when (noAnswer is HttpRequestException or InvalidProtocolBufferException or FormatException)
        {
            // Then nobody vouches for it, and the first failure stands.
            return [];
        }
    }
}
