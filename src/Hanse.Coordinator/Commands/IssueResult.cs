using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Commands;

/// <summary>What became of an order.</summary>
internal abstract record IssueResult;

/// <summary>It stands, audited and durable. <paramref name="Repeated"/>: the idempotency key had given it before.</summary>
internal sealed record Issued(CommandId Command, bool Repeated) : IssueResult;

/// <summary>Nothing was done: a field is wrong.</summary>
internal sealed record IssueRefused(string Code, string Field, string Message) : IssueResult;

/// <summary>Nothing was done: the key already stands for another order.</summary>
internal sealed record IssueConflict(string Key) : IssueResult;
