using System.Net;
using System.Security.Claims;
using Hanse.Audit;
using Microsoft.AspNetCore.Http;

namespace Hanse.Coordinator.Access.Api;

/// <summary>Who is calling, as the audit log writes it (A2). An endpoint takes it as a parameter; it is there whenever the
/// endpoint requires a policy.</summary>
/// <param name="Account">User name, or <c>local:&lt;uid&gt;</c> through the Unix socket (J6).</param>
/// <param name="TokenId">The API or session token used; null through the Unix socket.</param>
/// <param name="SourceAddress">The peer's IP address, or <c>unix</c>.</param>
public sealed record ActorContext(string Account, Guid? TokenId, string SourceAddress)
{
    /// <summary>Claim that carries <see cref="TokenId"/>.</summary>
    public const string TokenIdClaim = "hanse:token";

    /// <summary>Claim that carries <see cref="AccountId"/>.</summary>
    public const string AccountIdClaim = "hanse:user";

    /// <summary>Id of the account; null through the Unix socket. Names may be reused, ids are not.</summary>
    public Guid? AccountId { get; init; }

    /// <summary>The same, as the audit log takes it.</summary>
    public AuditActor ForAudit() => new(Account, AccountId?.ToString("n"), TokenId?.ToString("n"), SourceAddress);

    public static ValueTask<ActorContext?> BindAsync(HttpContext context) => ValueTask.FromResult(From(context));

    /// <summary>Null when nobody is authenticated.</summary>
    public static ActorContext? From(HttpContext context)
    {
        if (context.User.Identity is not { IsAuthenticated: true, Name: { } account })
        {
            return null;
        }

        return new(account, IdOf(context.User, TokenIdClaim), SourceOf(context)) { AccountId = IdOf(context.User, AccountIdClaim) };
    }

    private static Guid? IdOf(ClaimsPrincipal user, string claim) => Guid.TryParse(user.FindFirstValue(claim), out var id) ? id : null;

    /// <summary>The caller's address, authenticated or not.</summary>
    public static string SourceOf(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unix",
        { IsIPv4MappedToIPv6: true } mapped => mapped.MapToIPv4().ToString(),
        IPAddress address => address.ToString(),
    };
}
