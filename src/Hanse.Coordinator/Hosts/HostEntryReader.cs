using Google.Protobuf;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Hosts;

/// <summary>Turns what a site sent into rows, and refuses by field what no row may hold: a site is trusted to speak for its hosts, not to be free of bugs.</summary>
internal static class HostEntryReader
{
    /// <summary>The newest entry of each key (U2), and a refusal for each one that cannot be stored.</summary>
    public static (IReadOnlyList<HostEntry> Entries, List<StateRefusal> Refusals) Read(IReadOnlyList<StateEntry> batch)
    {
        var newest = new Dictionary<Guid, HostEntry>(batch.Count);
        var refusals = new List<StateRefusal>();
        foreach (var sent in batch)
        {
            if (Problem(sent) is { } problem)
            {
                refusals.Add(Refuse(sent.Key, sent.Counter, ErrorCodes.HostInvalid, problem));
                continue;
            }

            var entry = Entry(sent);
            if (!newest.TryGetValue(entry.Id, out var held) || held.Counter < entry.Counter)
            {
                newest[entry.Id] = entry;
            }
        }

        return ([.. newest.Values], refusals);
    }

    public static StateRefusal Refuse(ByteString key, ulong counter, string code, string message) =>
        new() { Class = StateClass.Host, Key = key, Counter = counter, Code = code, Message = message };

    private static string? Problem(StateEntry sent)
    {
        if (sent.Key.Length != 16)
        {
            return $"key has {sent.Key.Length} bytes; a host id has 16.";
        }

        if (sent.Counter > long.MaxValue)
        {
            return "counter is above 2^63-1.";
        }

        return sent.ValueCase switch
        {
            StateEntry.ValueOneofCase.Deleted => null,
            StateEntry.ValueOneofCase.Host => Problem(sent.Host),
            _ => $"value is {sent.ValueCase}; a host entry carries host or deleted.",
        };
    }

    private static string? Problem(HostState host)
    {
        var (field, problem) = FieldProblem(host);
        return problem is null ? null : $"{field} {problem}. The host stays as it was until the site sends a corrected entry.";
    }

    private static (string Field, string? Problem) FieldProblem(HostState host)
    {
        if (HostText.Problem(host.Hostname, HostLimits.Hostname, required: true) is { } hostname)
        {
            return ("hostname", hostname);
        }

        foreach (var (field, text) in new[] { ("os", host.Os), ("os_family", host.OsFamily), ("agent_version", host.AgentVersion), ("kernel", host.Kernel) })
        {
            if (HostText.Problem(text, HostLimits.Label) is { } label)
            {
                return (field, label);
            }
        }

        if (host.Addresses.FirstOrDefault(a => a.Length is not (4 or 16)) is { } address)
        {
            return ("addresses", $"has an entry of {address.Length} bytes; an address has 4 or 16");
        }

        if (host.LastSeenUnixMs is < 0 or > 253_402_300_799_999)
        {
            return ("last_seen_unix_ms", "is not an instant between the years 1970 and 9999");
        }

        return host.Status is HostStatus.Unspecified or > HostStatus.Banned or < 0
            ? ("status", $"is {(int)host.Status}, which this version does not know")
            : ("tags", HostText.TagsProblem(host.Tags));
    }

    private static HostEntry Entry(StateEntry sent)
    {
        var entry = new HostEntry { Id = new Guid(sent.Key.Span, bigEndian: true), Counter = (long)sent.Counter };
        if (sent.ValueCase == StateEntry.ValueOneofCase.Deleted)
        {
            return entry with { Deleted = true };
        }

        var content = HostContent.Of(sent.Host);
        return entry with
        {
            Hostname = content.Hostname,
            Addresses = content.Addresses,
            Os = content.Os,
            OsFamily = content.OsFamily,
            AgentVersion = content.AgentVersion,
            Kernel = content.Kernel,
            Tags = content.Tags,
            Status = (short)content.Status,
            LastSeen = DateTimeOffset.FromUnixTimeMilliseconds(sent.Host.LastSeenUnixMs).UtcDateTime,
            Machine = content.Machine,
        };
    }
}
