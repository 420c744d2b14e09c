using Hanse.Bench.Harness;

namespace Hanse.Bench.Gateway;

/// <summary>The gateway beside nginx (<c>stream</c>, <c>ssl_preread</c>) and haproxy (<c>mode tcp</c>, splicing): one worker each, the same routes, upstreams and load,
/// in interleaved rounds.</summary>
internal sealed class GatewaySuite : IBenchSuite
{
    public string Name => "gateway";

    public string Summary => "the gateway's relay beside nginx and haproxy; --rounds 7 --links 5000 --window 1500 (ms) --after 60 (s) --peers 1";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        await using var ground = await Ground.StartAsync();
        var doors = await Doors.StartAsync(ground, options.Get("peers", 1) != 0, table.Note);
        try
        {
            await new Speed(ground, doors, TimeSpan.FromMilliseconds(options.Get("window", 1_500))).RunAsync(options.Get("rounds", 7), table);
            var steadiness = new Steadiness(ground, doors, options.Get("links", 5_000), table);
            await steadiness.MisroutedAsync();
            await steadiness.MemoryAsync(TimeSpan.FromSeconds(options.Get("after", 60)));
            await steadiness.StreamsAsync();
        }
        finally
        {
            foreach (var door in doors)
            {
                await door.DisposeAsync();
            }
        }
    }
}
