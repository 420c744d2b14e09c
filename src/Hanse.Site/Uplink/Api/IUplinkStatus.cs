using Hanse.Link.Dialing;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Uplink.Api;

/// <summary>How the way up stands.</summary>
public interface IUplinkStatus
{
    /// <summary>Null until the site has joined.</summary>
    LinkStatus? Link { get; }

    Task<QueueDepth> DepthAsync(CancellationToken cancellation);
}

/// <summary>What the outbox holds, a class that holds anything.</summary>
public sealed record QueueDepth(IReadOnlyList<ClassDepth> Classes)
{
    /// <summary>Entries that wait for the coordinator, of all classes.</summary>
    public long Waiting => Classes.Sum(c => c.Waiting);

    /// <summary>Since when the oldest record waits.</summary>
    public DateTime? Oldest => Of(OutboxClass.Record).Oldest;

    public ClassDepth Of(OutboxClass entries) => Classes.FirstOrDefault(c => c.Class == entries) ?? new ClassDepth { Class = entries };
}

/// <summary>One class of the outbox.</summary>
public sealed record ClassDepth
{
    public OutboxClass Class { get; init; }

    public long Waiting { get; init; }

    /// <summary>Since when the oldest of those waits.</summary>
    public DateTime? Oldest { get; init; }

    /// <summary>Refused by the coordinator, and kept until an operator decides (U3).</summary>
    public long SetAside { get; init; }
}
