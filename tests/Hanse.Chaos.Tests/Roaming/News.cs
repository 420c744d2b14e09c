using System.Globalization;
using System.Net;
using System.Text.Json;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>A change at a laptop that the coordinator must hear of, and metrics of the time after it.</summary>
internal sealed class News
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static int s_number;
    private readonly RoamingWorld _world;
    private readonly string _laptop;
    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();
    private readonly IPAddress _address = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.215.0.{Interlocked.Increment(ref s_number)}"));

    private News(RoamingWorld world, string laptop) => (_world, _laptop) = (world, laptop);

    private string Host => "hosts/" + _world.Hosts[_laptop];

    /// <summary>The laptop gets one more address.</summary>
    public static async Task<News> OfAsync(RoamingWorld world, string laptop)
    {
        var news = new News(world, laptop);
        await world.Ground.AddAddressAsync(laptop, news._address);
        return news;
    }

    /// <summary>Inventory by the link; metrics by datagram.</summary>
    public async Task ArriveAsync()
    {
        await Wait.For($"the new address of {_laptop} to be in the directory", async () => await AskAsync(Host) is { } shown
            && shown.GetProperty("addresses").ToString().Contains(_address.ToString(), StringComparison.Ordinal), Patience, _world.Describe);
        JsonElement last = default;
        await Wait.For($"metrics of {_laptop} by datagram", async () =>
            await AskAsync(Host + "/metrics") is { } metrics && (last = metrics.GetProperty("last")).ValueKind == JsonValueKind.Object
            && RoamingWorld.Text(last, "path") == "datagram" && last.GetProperty("at").GetDateTimeOffset() > _since, Patience, () => $"{last}\n{_world.Describe()}");
    }

    private Task<JsonElement?> AskAsync(string path) => _world.Api(RoamingWorld.Coordinator).GetAsync(path);
}
