using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Protocol.Text;

namespace Hanse.Coordinator.Access;

/// <summary>Makes API tokens.</summary>
internal sealed class TokenDesk(TokenStore tokens, AccessOptions options, TimeProvider clock)
{
    /// <summary>Makes a token of at most the role <paramref name="limit"/>.</summary>
    public async Task<TokenOutcome> CreateAsync(
        TokenRequest request, AccessUser owner, string limit, AuditActor actor, CancellationToken cancellation)
    {
        var role = request.Role ?? limit;
        var ttl = request.Ttl ?? options.TokenLifetime;
        if (!NameText.IsValid(request.Name))
        {
            return new TokenOutcome.NameInvalid();
        }

        if (role != limit && role != AccessPolicies.Viewer)
        {
            return new TokenOutcome.RoleRefused();
        }

        if (ttl < TimeSpan.FromSeconds(1) || ttl > options.MaximumTokenLifetime)
        {
            return new TokenOutcome.TtlInvalid(options.MaximumTokenLifetime);
        }

        var text = TokenText.New();
        var now = clock.GetUtcNow();
        var token = new AccessToken
        {
            Id = TokenText.NewId(), UserId = owner.Id, Kind = "api", Name = request.Name, Role = role, CreatedAt = now, ExpiresAt = now + ttl,
        };
        return await tokens.CreateAsync(token, TokenText.Hash(text), actor, cancellation)
            ? new TokenOutcome.Made(new(token.Id.ToString("n"), token.Name, token.Role, text, token.ExpiresAt))
            : new TokenOutcome.NameTaken();
    }
}
