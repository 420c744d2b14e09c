using System.Text.Json;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites;

/// <summary>A site's queues as its row keeps them.</summary>
internal static class QueueText
{
    public static string Write(IEnumerable<QueueStatus> queues) => JsonSerializer.Serialize(queues.Select(q => new QueueView(
        q.Class.ToString().ToLowerInvariant(), (long)q.Waiting, q.OldestUnixMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(q.OldestUnixMs) : null, (long)q.SetAside)));

    public static IReadOnlyList<QueueView> Read(string json) => JsonSerializer.Deserialize<List<QueueView>>(json) ?? [];
}

/// <summary>One class of a site's outbox: how many entries wait and since when, and how many were set aside (U3).</summary>
internal sealed record QueueView(string Class, long Waiting, DateTimeOffset? Oldest, long SetAside);

/// <summary>Why a site's last link ended.</summary>
internal sealed record LinkErrorView(string Code, string Message, DateTimeOffset At);
