using System.Globalization;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.World;

namespace Hanse.Chaos.Tests.Work;

/// <summary>Commands at coordinator and sites, cancels, tags and changing addresses, all the time and whatever happens. Who gives an order repeats it under
/// its key until somebody answers, as people and scripts do.</summary>
internal sealed class Workload(ChaosFederation federation, Random dice)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(350);
    private readonly Dictionary<string, int> _addresses = [];
    private int _number;

    public List<Order> Orders { get; } = [];

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var order = NewOrder();
                Orders.Add(order);
                await Task.WhenAll(GiveAsync(order), ChangeAsync(), Task.Delay(Pause, TimeProvider.System, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Asks again for what nobody answered.</summary>
    public async Task<bool> AllDecidedAsync()
    {
        await Parallel.ForEachAsync(Orders.Where(o => !o.IsDecided), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (order, _) => await GiveAsync(order));

        return Orders.TrueForAll(o => o.IsDecided);
    }

    /// <summary>What the undecided were answered last.</summary>
    public string Undecided() => string.Join('\n', Orders.Where(o => !o.IsDecided).CountBy(o => $"{o.Server}: {o.LastAnswer}").Select(c => $"{c.Value} times at {c.Key}"));

    private Order NewOrder()
    {
        var names = federation.Agents.Keys.Order(StringComparer.Ordinal).ToList();
        var local = dice.Next(4) == 0;
        var first = names[dice.Next(names.Count)];
        // Without host names of their own the hosts cannot be told apart in the file: one at a time.
        string[] chosen = local || !federation.Ground.SeparatesNodes || dice.Next(2) == 0 ? [first] : [.. names.Where(_ => dice.Next(2) == 0).Append(first).Distinct(StringComparer.Ordinal)];
        var script = new
        {
            interpreter = "/bin/sh", timeout = "10s",
            body = string.Create(CultureInfo.InvariantCulture, $"echo \"$HANSE_COMMAND_ID $(hostname)\" >> {federation.RunsFile}\nsleep {dice.Next(30) / 10.0:0.0}\n{(dice.Next(6) == 0 ? "exit 3" : "echo done")}\n"),
        };
        return new Order
        {
            IsCancelled = dice.Next(8) == 0, Key = string.Create(CultureInfo.InvariantCulture, $"chaos-{++_number}"), Agents = chosen, Server = local ? first.Split('-')[0] : ChaosFederation.Coordinator,
            Body = new { hosts = chosen.Select(a => federation.Hosts[a]), script, deadline = "15s", reason = "chaos" },
        };
    }

    private async Task GiveAsync(Order order)
    {
        var asked = TimeProvider.System.GetUtcNow();
        var (status, body) = await federation.Servers[order.Server].Api.SendAsync(HttpMethod.Post, "commands", order.Body, order.Key);
        order.LastAnswer = $"{status} {body}";
        if (status is 200 or 201)
        {
            (order.Id, order.AskedAt, order.AcknowledgedAt) = (body.GetProperty("id").GetString(), asked, TimeProvider.System.GetUtcNow());
            if (order.IsCancelled)
            {
                await federation.Servers[order.Server].Api.SendAsync(HttpMethod.Post, $"commands/{order.Id}/cancel", new { }, null);
            }
        }
        else if (status is >= 400 and < 500)
        {
            order.Refusal = $"{status} {body}";
        }
    }

    /// <summary>A tag set at the coordinator, or another address of a machine.</summary>
    private async Task ChangeAsync()
    {
        var agent = federation.Agents.Keys.ElementAt(dice.Next(federation.Agents.Count));
        if (federation.Ground is NamespaceGround spaces && dice.Next(2) == 0)
        {
            var (old, next) = (_addresses.GetValueOrDefault(agent), dice.Next(1, 255));
            _addresses[agent] = next;
            await spaces.ReplaceAddressAsync(agent, old, next);
        }
        else
        {
            var tag = string.Create(CultureInfo.InvariantCulture, $"tag-{dice.Next(50)}");
            await federation.Servers[ChaosFederation.Coordinator].Api.SendAsync(HttpMethod.Put, $"hosts/{federation.Hosts[agent]}/tags", new { tags = new[] { tag } }, null);
        }
    }
}
