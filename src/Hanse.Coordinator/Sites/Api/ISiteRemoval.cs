using Hanse.Audit;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>How a site goes out of the federation for good.</summary>
public interface ISiteRemoval
{
    /// <summary>Its key and everything it has issued open nothing any more (T6), its hosts leave the directory, its executions end. What it did stays in
    /// commands and audit log; its name is free again. One transaction with its audit entry (invariant 6).</summary>
    /// <param name="name">Id or name.</param>
    /// <param name="reason">For the audit log and the site.</param>
    /// <param name="actor">Who wishes it.</param>
    /// <param name="cut">False when the site itself asked and still waits for the answer over its link.</param>
    /// <param name="cancellation">Ends the attempt; nothing is changed then.</param>
    /// <returns>Null when it is out, otherwise why not: <c>site-not-found</c> or <c>site-not-enrolled</c>.</returns>
    Task<Error?> RemoveAsync(string name, string reason, AuditActor actor, bool cut, CancellationToken cancellation);
}
