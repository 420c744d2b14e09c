using System.Security.Claims;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Access.Schemes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hanse.Coordinator.Access;

/// <summary>What the slice needs of the container: an <c>NpgsqlDataSource</c>, a <c>TimeProvider</c> and the audit log.</summary>
public static class AccessServices
{
    private const string AnyScheme = "hanse";

    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<AccountStore>();
        services.AddSingleton<TokenStore>();
        services.AddSingleton<SignInGate>();
        services.AddSingleton<TokenDesk>();
        services.AddScoped<SignIn>();
        services.AddScoped<Accounts>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddIdentityCore<AccessUser>(identity =>
        {
            // Length is what counts (NIST SP 800-63B); names are judged by NameText.
            identity.Password.RequiredLength = 12;
            identity.Password.RequireDigit = false;
            identity.Password.RequireLowercase = false;
            identity.Password.RequireUppercase = false;
            identity.Password.RequireNonAlphanumeric = false;
        }).AddUserStore<AccessUserStore>();
        services.AddAuthentication(AnyScheme)
            .AddPolicyScheme(AnyScheme, displayName: null, scheme => scheme.ForwardDefaultSelector = context =>
                LocalScheme.Applies(context) ? LocalScheme.SchemeName : BearerScheme.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerScheme>(BearerScheme.SchemeName, configureOptions: null)
            .AddScheme<AuthenticationSchemeOptions, LocalScheme>(LocalScheme.SchemeName, configureOptions: null);
        services.AddAuthorization(Configure);
        return services;
    }

    private static void Configure(AuthorizationOptions options)
    {
        options.AddPolicy(AccessPolicies.Viewer, p => p.RequireRole(AccessPolicies.Viewer, AccessPolicies.Administrator));
        options.AddPolicy(AccessPolicies.Administrator, p => p.RequireRole(AccessPolicies.Administrator));
        options.AddPolicy(AccessPolicies.Local, p => p.RequireAssertion(c => AccessClaims.IsLocal(c.User)));
        // An endpoint that forgot to say is closed to all but administrators; the test that lists them names it.
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireClaim(ClaimTypes.Role, AccessPolicies.Administrator).Build();
    }
}
