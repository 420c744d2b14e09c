using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Access;

/// <summary>First start: makes the account <c>admin</c>. Its password exists in the clear in this answer alone; whoever composes the
/// process shows it once and never logs it.</summary>
public static class AdministratorBootstrap
{
    /// <summary>The password of the account <c>admin</c> when this call created it; null when there are accounts already.</summary>
    public static async Task<string?> EnsureAsync(IServiceProvider services, CancellationToken cancellation)
    {
        await using var scope = services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<Accounts>().CreateFirstAsync(cancellation);
    }
}
