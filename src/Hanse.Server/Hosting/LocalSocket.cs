using System.Security.Claims;
using Hanse.Coordinator.Access.Schemes;
using Microsoft.AspNetCore.Connections.Features;

namespace Hanse.Server.Hosting;

/// <summary>J6: on the Unix socket in a site's data folder the folder's owner is administrator, and root with him. Who connects is told
/// by the kernel, not by anything sent.</summary>
public static class LocalSocket
{
    /// <summary>Gives requests of these two from the socket their user, <c>local:&lt;uid&gt;</c>; everyone else stays nobody.</summary>
    public static void UseLocalSocket(this WebApplication app, string folder, string administratorRole) => app.Use((context, next) =>
    {
        if (context.Features.Get<IConnectionSocketFeature>() is { } feature && PeerCredentials.IsUnix(feature.Socket))
        {
            var uid = PeerCredentials.UidOf(feature.Socket);
            if (uid == 0 || uid == PeerCredentials.OwnerOf(folder))
            {
                context.User = new ClaimsPrincipal(new ClaimsIdentity(
                    [new Claim(ClaimTypes.Name, $"local:{uid}"), new Claim(ClaimTypes.Role, administratorRole)], "local-socket"));
            }
        }

        return next(context);
    });
}
