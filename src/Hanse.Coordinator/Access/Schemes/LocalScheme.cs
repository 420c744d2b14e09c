using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hanse.Coordinator.Access.Schemes;

/// <summary>Who is at the other end of the Unix socket, as the kernel says (J6): the owner of the socket's folder, and root, are
/// administrators without a login; anyone else is nobody.</summary>
internal sealed class LocalScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessOptions access)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "local";

    public static bool Applies(HttpContext context) =>
        context.Features.Get<IConnectionSocketFeature>() is { } feature && PeerCredentials.IsUnix(feature.Socket);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Features.Get<IConnectionSocketFeature>() is not { } feature || access.SocketFolder is not { } folder)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var uid = PeerCredentials.UidOf(feature.Socket);
        return Task.FromResult(uid == 0 || uid == PeerCredentials.OwnerOf(folder)
            ? AuthenticateResult.Success(new(new(AccessClaims.OfLocal(uid)), Scheme.Name))
            : AuthenticateResult.Fail("Only the owner of the data folder may use its socket."));
    }
}
