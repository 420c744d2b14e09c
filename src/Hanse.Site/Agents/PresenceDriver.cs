using System.Collections.Concurrent;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>Writes who is connected, many at a time: a thousand agents that come back together cost a few transactions. What is
/// written is the state at the moment of writing, so a host that flaps in between is not written at all.</summary>
internal sealed partial class PresenceDriver(HostStore hosts, AgentLinks links, GatherPause gather, TimeProvider time, ILogger<PresenceDriver> logger)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<HostId, byte> _changed = new();
    private readonly Signal _signal = new();

    /// <summary>A link of this host came or went.</summary>
    public void Changed(HostId host)
    {
        _changed[host] = 0;
        _signal.Set();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await _signal.WaitAsync(Retry, time, cancellation);
            while (!_changed.IsEmpty && await WriteAsync(cancellation))
            {
                await Task.Delay(_changed.Count < BatchSize ? gather.Length : TimeSpan.Zero, time, cancellation);
            }
        }
    }

    /// <summary>False if the database did not take it: what changed stays noted.</summary>
    private async Task<bool> WriteAsync(CancellationToken cancellation)
    {
        var batch = _changed.Keys.Take(BatchSize).ToList();
        batch.ForEach(h => _changed.TryRemove(h, out _));
        try
        {
            foreach (var group in batch.GroupBy(links.IsOnline))
            {
                await hosts.SetPresenceAsync([.. group], group.Key ? HostStatus.Online : HostStatus.Offline, cancellation);
            }

            return true;
        }
        catch (NpgsqlException away)
        {
            batch.ForEach(h => _changed[h] = 0);
            LogNotWritten(away.Message);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Presence is not written: {Why}")]
    private partial void LogNotWritten(string why);
}
