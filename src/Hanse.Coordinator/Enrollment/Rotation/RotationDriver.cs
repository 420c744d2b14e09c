using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Keeps this replica's keys and trust as the database has them: what another replica did, or this one before it died, takes effect here
/// within seconds.</summary>
internal sealed partial class RotationDriver(Federation federation, TimeProvider time, ILogger<RotationDriver> logger)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await federation.ReloadAsync(cancellation);
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException)
            {
                LogFailed(failed.Message);
            }

            await Task.Delay(Step, time, cancellation);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Keys and trust cannot be read again: {Why}")]
    private partial void LogFailed(string why);
}
