using System.Text.Json;
using Hanse.Chaos.Tests.World;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Work;

/// <summary>What must hold when all is healed and has come to rest: the invariants of docs/architecture.md, asked of the servers themselves.</summary>
internal sealed class Invariants(ChaosFederation federation, Workload work)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(120);
    private static readonly string[] Ends = ["succeeded", "failed", "timed-out", "cancelled", "expired", "rejected", "unknown"];

    private ServerApi Coordinator => federation.Servers[ChaosFederation.Coordinator].Api;

    public async Task CheckAsync()
    {
        await OnlineAsync();
        await Wait.For("every order to be taken or refused", work.AllDecidedAsync, Rest * 2, () => $"{work.Undecided()}\n{Found()}");
        var commands = await EndedAsync();
        AtMostOnce(commands);
        foreach (var command in commands)
        {
            await OnceInTheLogAsync(command);
        }

        await SameDirectoryAsync();
        await VerifiedAsync();
        NobodyCrashed();
    }

    /// <summary>What a fault may do is end a program with a message, not with a stack trace.</summary>
    private void NobodyCrashed()
    {
        foreach (var node in federation.Nodes)
        {
            Assert.False(File.ReadLines(node.Log).Any(l => l.StartsWith("Unhandled exception", StringComparison.Ordinal)), $"{node.Name} crashed; see {node.Log}. {Found()}");
        }
    }

    /// <summary>2, 3: everybody found back by himself.</summary>
    private async Task OnlineAsync()
    {
        foreach (var site in federation.SiteServers)
        {
            await Wait.For($"{site.Node.Name} to be online", async () => await federation.LinkOfAsync(site.Node.Name) == "online", Rest, Found);
            var all = federation.Agents.Keys.Count(a => a.StartsWith(site.Node.Name, StringComparison.Ordinal));
            await Wait.For($"all hosts of {site.Node.Name} to be online at it", async () => await site.Api.GetAsync("hosts") is { } hosts
                && hosts.GetProperty("items").EnumerateArray().Count(h => Text(h, "status") == "online") == all, Rest, Found);
        }
    }

    /// <summary>5: every command ends, and site and coordinator tell the same of it.</summary>
    private async Task<IReadOnlyList<JsonElement>> EndedAsync()
    {
        var ended = new List<JsonElement>();
        foreach (var order in work.Orders.Where(o => o.Id is not null))
        {
            JsonElement shown = default;
            var lost = false;
            try
            {
                await Wait.For(
                    $"command {order.Id} given at {order.Server} to {string.Join(", ", order.Agents)} to end",
                    async () => await Coordinator.GetAsync($"commands/{order.Id}") is { } now
                        ? (Executions(shown = now).Count == order.Agents.Count || WasAlone(order)) && Executions(now).TrueForAll(e => Ends.Contains(Text(e, "state")))
                        : lost = WasAlone(order) && await NobodyTookAsync(order),
                    Rest, () => $"{shown}\n{Found()}");
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"{await KnownOfAsync(order)}\n{late.Message}", late);
            }

            if (lost)
            {
                continue;
            }

            ended.Add(shown);
            foreach (var execution in Executions(shown).Where(e => Text(e, "state") != "unknown"))
            {
                await AgreesAsync(order, execution);
            }
        }

        return ended;
    }

    /// <summary>Only the server that acknowledged it was sure to know of it, and that server then went back to an older backup.</summary>
    private bool WasAlone(Order order) => federation.Losses.Any(l => l.Server == order.Server && l.Covers(order.AskedAt, order.AcknowledgedAt));

    /// <summary>U4: what a site has taken comes back, so what does not come back has had no effect; but for what the site itself lost.</summary>
    private async Task<bool> NobodyTookAsync(Order order)
    {
        var sites = order.Agents.Select(a => a.Split('-')[0]).Distinct(StringComparer.Ordinal).ToList();
        if (sites.Exists(site => federation.Losses.Any(l => l.Server == site)))
        {
            return true;
        }

        var known = await Task.WhenAll(sites.Select(s => federation.Servers[s].Api.GetAsync($"commands/{order.Id}")));
        return Array.TrueForAll(known, k => k is null) && (!File.Exists(federation.RunsFile) || !(await File.ReadAllTextAsync(federation.RunsFile)).Contains(order.Id!, StringComparison.Ordinal));
    }

    /// <summary>For a failure's message: what is known of an order where it was given and where it should have run.</summary>
    private async Task<string> KnownOfAsync(Order order)
    {
        var losses = string.Join(", ", federation.Losses.Select(l => $"{l.Server} {l.From:T} to {l.Until:T}"));
        var told = $"Given between {order.AskedAt:T} and {order.AcknowledgedAt:T}; lost: {losses}.";
        foreach (var name in order.Agents.Select(a => a.Split('-')[0]).Append(order.Server).Distinct(StringComparer.Ordinal))
        {
            var api = federation.Servers[name].Api;
            told += $"\n{name} knows {await api.GetAsync($"commands/{order.Id}")}; waiting there: {await api.GetAsync("outbox")}";
        }

        return told;
    }

    private async Task AgreesAsync(Order order, JsonElement execution)
    {
        var agent = federation.Hosts.Single(h => h.Value == Text(execution, "hostId")).Key;
        string? there = null;
        // A site that was set back asks its agents again. What the coordinator ended itself the site never saw.
        await Wait.For(
            $"command {order.Id} on {agent} to end at its site as well",
            async () =>
            {
                var atSite = await federation.Servers[agent.Split('-')[0]].Api.GetAsync($"commands/{order.Id}");
                there = atSite is { } shown ? Executions(shown).Where(e => Text(e, "hostId") == Text(execution, "hostId")).Select(e => Text(e, "state")).SingleOrDefault() : null;
                return there is null || Ends.Contains(there);
            },
            Rest, () => $"{there}\n{Found()}");
        if (there is not null)
        {
            // A site that was set back may have had to give up on an outcome that the coordinator has heard: the agent tells it once.
            var gaveUp = there == "unknown" && federation.Losses.Any(l => l.Server == agent.Split('-')[0]);
            Assert.True(gaveUp || there == Text(execution, "state"), $"Command {order.Id} on {agent}: {Text(execution, "state")} at the coordinator, {there} at its site. {Found()}");
        }
    }

    /// <summary>4: a script that left two lines ran twice; one that is told to have succeeded left one.</summary>
    private void AtMostOnce(IReadOnlyList<JsonElement> commands)
    {
        var lines = File.Exists(federation.RunsFile) ? File.ReadAllLines(federation.RunsFile) : [];
        var twice = lines.CountBy(l => l, StringComparer.Ordinal).Where(l => l.Value > 1).Select(l => l.Key).ToList();
        Assert.True(twice.Count == 0, $"Ran more than once: {string.Join("; ", twice)}. {Found()}");
        foreach (var command in commands)
        {
            var id = Text(command, "id");
            var ran = lines.Count(l => l.StartsWith(id, StringComparison.Ordinal));
            var states = Executions(command).Select(e => Text(e, "state")).ToList();
            var (least, most) = (states.Count(s => s is "succeeded"), states.Count(s => s is not ("expired" or "rejected")));
            Assert.True(ran >= least && ran <= most, $"Command {id} is {string.Join(", ", states)} and ran {ran} times. {Found()}");
        }
    }

    /// <summary>4, 6: one entry for the order, and for each execution one true outcome.</summary>
    private async Task OnceInTheLogAsync(JsonElement command)
    {
        var id = Text(command, "id");
        var log = (await Coordinator.GetAsync($"audit?command={id}&limit=500"))!.Value.GetProperty("items").EnumerateArray().ToList();
        var outcomes = log.Where(e => Text(e, "operation") == "execution.outcome" && Text(e, "outcome") != "unknown").Sum(e => e.GetProperty("hosts").GetProperty("count").GetInt32());
        var known = Executions(command).Count(e => Text(e, "state") != "unknown");
        Assert.True(outcomes == known, $"Command {id} has {known} outcomes and {outcomes} in the log: {string.Join("; ", log)}. {Found()}");
    }

    /// <summary>The directory is what the sites say.</summary>
    private Task SameDirectoryAsync()
    {
        var (here, there) = ("", "");
        return Wait.For(
            "the directory to be what the sites hold",
            async () =>
            {
                var sites = await Task.WhenAll(federation.SiteServers.Select(s => s.Api.GetAsync("hosts?limit=1000")));
                here = Rows([await Coordinator.GetAsync("hosts?limit=1000")]);
                there = Rows(sites);
                return here.Length > 0 && here == there;
            },
            Rest, () => $"\n{here}\nat the sites\n{there}\n{Found()}");
    }

    /// <summary>6: nobody changed a log, no crash broke one, and those of servers that were set back go on once an operator has said so, which witnesses follow (A4).</summary>
    private async Task VerifiedAsync()
    {
        JsonElement verified = default;
        List<string> recovered = [];
        await Wait.For(
            "the audit logs to verify",
            async () =>
            {
                (var status, verified) = await Coordinator.SendAsync(HttpMethod.Post, "audit/verify", new { }, null);
                if (status == 200 && verified.GetProperty("ok").GetBoolean())
                {
                    return true;
                }

                foreach (var setBack in federation.Losses.Select(l => l.Server).Distinct())
                {
                    recovered.Add(await RestoreDriver.RecoverLogAsync(federation, setBack == ChaosFederation.Coordinator ? null : setBack));
                }

                return false;
            },
            Rest, () => $"{verified}\n{string.Join('\n', recovered.TakeLast(3))}\n{Found()}");
    }

    private static string Rows(IEnumerable<JsonElement?> pages) => string.Join('\n', pages
        .SelectMany(p => p is { } page ? page.GetProperty("items").EnumerateArray() : [])
        .Select(h => $"{Text(h, "id")} {Text(h, "hostname")} {Text(h, "site")} {Text(h, "status")} {Text(h, "os")} [{Sorted(h, "addresses")}] [{Sorted(h, "tags")}]")
        .Order(StringComparer.Ordinal));

    private static string Sorted(JsonElement row, string field) =>
        string.Join(' ', row.GetProperty(field).EnumerateArray().Select(a => a.GetString()).Order(StringComparer.Ordinal));

    private static List<JsonElement> Executions(JsonElement command) => [.. command.GetProperty("executions").EnumerateArray()];

    private static string Text(JsonElement element, string field) => element.GetProperty(field).GetString() ?? "";

    private string Found() => $"{Chance.Repeat("chaos")}\n{federation.Describe()}";
}
