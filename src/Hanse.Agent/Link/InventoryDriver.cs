using Google.Protobuf;
using Hanse.Agent.Inventory;
using Hanse.Link;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Link;

/// <summary>Tells the site what changed on the host. On each link the hashes of all sections go first, and the site names those it lacks: a
/// restart of either side costs no section that both still hold. Then, at intervals with jitter and on request, only what changed.
/// Sections collected a short while ago are not collected again for a link that came back.</summary>
internal sealed class InventoryDriver(IInventoryFeed feed, AgentSessionOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _held = new(StringComparer.Ordinal);
    private IReadOnlyList<InventorySection> _sections = [];
    private long? _collected;
    private HashSet<string>? _wished;
    private TaskCompletionSource _wish = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The site asked for these sections, or for all when none is named; they are collected anew.</summary>
    internal void Refresh(IEnumerable<string> sections)
    {
        lock (_gate)
        {
            _wished ??= new HashSet<string>(StringComparer.Ordinal);
            _wished.UnionWith(sections.DefaultIfEmpty(""));
            _wish.TrySetResult();
        }
    }

    internal async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        if (_sections.Count == 0)
        {
            // The host is to be seen at once; what takes long to collect follows.
            _sections = await feed.CollectQuickAsync(cancellation);
            await SendAsync(link, await AnnounceAsync(link, full: false, cancellation), full: false, cancellation);
        }

        await CollectAsync(cancellation, unlessYoungerThan: options.InventoryInterval / 2);
        await SendAsync(link, await AnnounceAsync(link, full: true, cancellation), full: false, cancellation);
        while (true)
        {
            options.Resting?.Invoke();
            await WaitAsync(cancellation);
            var wished = TakeWishes();
            var all = wished.Contains("");
            await CollectAsync(cancellation, unlessYoungerThan: TimeSpan.Zero);
            await SendAsync(link, wished, all, cancellation);
        }
    }

    // A report of nothing but hashes; the answer names what the site lacks.
    private async Task<HashSet<string>> AnnounceAsync(NodeLink link, bool full, CancellationToken cancellation)
    {
        var report = new InventoryReport { Full = full };
        report.Unchanged.AddRange(_sections.Select(s => new SectionHash { Name = s.Name, Hash = ByteString.CopyFrom(s.Hash) }));
        var wanted = await ReportAsync(link, report, cancellation);
        foreach (var section in _sections.Where(s => !wanted.Contains(s.Name)))
        {
            _held[section.Name] = section.Hash;
        }

        return wanted;
    }

    private async Task SendAsync(NodeLink link, HashSet<string> wanted, bool full, CancellationToken cancellation)
    {
        // What the site still lacks after the second round it will not take; the next interval tries again.
        for (var round = 0; round < 2; round++)
        {
            var plan = InventoryPlanner.Plan(_sections, _held, wanted, full, options.ReportBytes);
            wanted = [];
            foreach (var report in plan.Reports)
            {
                var lacking = await ReportAsync(link, report, cancellation);
                foreach (var section in report.Sections.Where(s => !lacking.Contains(s.Name)))
                {
                    _held[section.Name] = section.Hash.ToByteArray();
                }

                wanted.UnionWith(lacking);
            }

            if (wanted.Count == 0)
            {
                return;
            }

            full = false;
        }
    }

    private async Task<HashSet<string>> ReportAsync(NodeLink link, InventoryReport report, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await link.RequestAsync<InventoryReceipt>(Method.InventoryReport, report, options.AnswerTime, cancellation);
            if (result.Succeeded)
            {
                return result.Value.Wanted.ToHashSet(StringComparer.Ordinal);
            }

            options.Log.Warning("inventory-refused", result.Error.Message, ("code", result.Error.Code));
            await Task.Delay(options.RetryPause, options.Time, cancellation);
        }
    }

    private async Task CollectAsync(CancellationToken cancellation, TimeSpan unlessYoungerThan)
    {
        if (_collected is { } at && options.Time.GetElapsedTime(at) < unlessYoungerThan)
        {
            return;
        }

        _sections = await feed.CollectAsync(cancellation);
        _collected = options.Time.GetTimestamp();
        foreach (var failed in _sections.Where(s => s.Error.Length > 0))
        {
            options.Log.Warning("section-failed", failed.Error, ("section", failed.Name));
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var interval = options.InventoryInterval * (0.9 + (0.2 * options.Random.NextDouble()));
        await Task.WhenAny(Task.Delay(interval, options.Time, cancellation), _wish.Task);
        cancellation.ThrowIfCancellationRequested();
    }

    private HashSet<string> TakeWishes()
    {
        lock (_gate)
        {
            var wished = _wished ?? [];
            (_wished, _wish) = (null, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return wished;
        }
    }
}
