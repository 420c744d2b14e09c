using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Commands.Api;

/// <summary>The command machine of this site (D2-D6): takes commands from the coordinator or from its own socket (J6), hands
/// them to agents, and sends every outcome up.</summary>
public interface ICommands
{
    /// <summary>Durable when it returns. Repeating it changes nothing.</summary>
    Task TakeAsync(CommandDispatch dispatch, CancellationToken cancellation);

    /// <summary>Notes the wish, also where it overtook its command (D2).</summary>
    Task CancelAsync(CommandCancel cancel, CancellationToken cancellation);

    /// <summary>Stores what an agent reports and tells what is held then.</summary>
    Task<ExecutionReceipt> ReportAsync(HostId host, ExecutionReport report, CancellationToken cancellation);

    /// <summary>Stores output and tells up to which offset it is held (D5).</summary>
    Task<OutputReceipt> StoreOutputAsync(HostId host, OutputReport report, CancellationToken cancellation);

    /// <summary>A piece of an execution's full output; null if the execution is not known.</summary>
    Task<ExecutionOutput?> ReadOutputAsync(ExecutionOutputQuery query, CancellationToken cancellation);
}
