using Hanse.Bench.Harness;

namespace Hanse.Bench.Gateway;

/// <summary>The gateway beside nginx (<c>stream</c>, <c>ssl_preread</c>) and haproxy (<c>mode tcp</c>, splicing): one worker each, the same routes, upstreams and load,
/// in interleaved rounds.</summary>
internal sealed class GatewaySuite : IBenchSuite
{
    public string Name => "gateway";

    public string Summary => "the gateway's relay beside nginx and haproxy; --rounds 7 (0 = no rates) --links 5000 --window 1500 (ms) --after 60 (s; 0 = no memory) --peers 1";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        await using var ground = await Ground.StartAsync();
        var doors = await Doors.StartAsync(ground, options.Get("peers", 1) != 0, table.Note);
        try
        {
            if (options.Get("rounds", 7) is > 0 and var rounds)
            {
                await new Speed(ground, doors, TimeSpan.FromMilliseconds(options.Get("window", 1_500))).RunAsync(rounds, table);
            }

            var steadiness = new Steadiness(ground, doors, options.Get("links", 5_000), table);
            await steadiness.MisroutedAsync();
            if (options.Get("after", 60) is > 0 and var after)
            {
                await steadiness.MemoryAsync(TimeSpan.FromSeconds(after));
            }

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
