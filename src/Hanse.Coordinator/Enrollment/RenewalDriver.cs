using Hanse.Trust.Renewal;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Renews this replica's own certificate and intermediate at half of their lives, with new keys (T3).</summary>
internal sealed partial class RenewalDriver(Federation federation, Random random, TimeProvider time, ILogger<RenewalDriver> logger)
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var (server, issuer) = (federation.Server.Value, federation.Issuer.Value);
            var serverDue = RenewalPlanner.FirstTry(server.NotBefore, server.NotAfter, random);
            var issuerDue = RenewalPlanner.DueOfOwn(RenewalPlanner.FirstTry(issuer.NotBefore, issuer.NotAfter, random), issuer.NotBefore, time.GetUtcNow());
            await DelayUntilAsync(serverDue < issuerDue ? serverDue : issuerDue, server.NotBefore, cancellation);
            try
            {
                if (issuerDue <= time.GetUtcNow())
                {
                    await federation.RenewIssuerAsync(cancellation);
                }
                else
                {
                    federation.RenewServer();
                }

                LogRenewed(federation.Server.Value.NotAfter, federation.Issuer.Value.NotAfter);
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException)
            {
                LogFailed(failed.Message, server.NotAfter);
                await Task.Delay(LongestStep, time, cancellation);
            }
        }
    }

    private async Task DelayUntilAsync(DateTimeOffset moment, DateTimeOffset notBefore, CancellationToken cancellation)
    {
        while (time.GetUtcNow() is var now && now < RenewalPlanner.DueOfOwn(moment, notBefore, now))
        {
            await Task.Delay(RenewalPlanner.Step(now, moment, LongestStep), time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Renewed: the certificate ends at {Server:u}, the intermediate at {Issuer:u}")]
    private partial void LogRenewed(DateTimeOffset server, DateTimeOffset issuer);

    [LoggerMessage(2, LogLevel.Error, "The coordinator's certificate cannot be renewed: {Why} It ends at {NotAfter:u}")]
    private partial void LogFailed(string why, DateTimeOffset notAfter);
}
