using Hanse.Server.Configuration;

namespace Hanse.Server.Hosting;

/// <summary>Runs a server until it is told to stop. The seam between the command line and the composition of the roles.</summary>
public interface IServerHost
{
    /// <summary>Returns the process's exit code. What stops the start is told on standard error, in words for the operator.</summary>
    Task<int> RunAsync(HanseOptions options, CancellationToken stop);
}
