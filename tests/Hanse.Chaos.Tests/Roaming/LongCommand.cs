using System.Globalization;
using System.Text;
using System.Text.Json;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>A command on one laptop that writes numbered lines, hundreds a second, until it is told to end; then its whole output must be there, once.</summary>
internal sealed class LongCommand
{
    private const string Filling = "of the long way home, which a laptop may take";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly RoamingWorld _world;
    private readonly string _laptop;
    private readonly string _id;

    private LongCommand(RoamingWorld world, string laptop, string id) => (_world, _laptop, _id) = (world, laptop, id);

    private string Runs => RunsFile(_world);

    private string Stop => Path.Combine(_world.Folder, "stop-" + _id);

    /// <summary>Returns once the first of its output is at the site.</summary>
    public static async Task<LongCommand> StartAsync(RoamingWorld world, string laptop)
    {
        var script = new
        {
            interpreter = "/bin/sh", timeout = "10m", outputLimit = 32 * 1024 * 1024,
            body = $$"""
                echo "$HANSE_COMMAND_ID" >> {{RunsFile(world)}}
                n=0
                while [ ! -e {{world.Folder}}/stop-$HANSE_COMMAND_ID ]; do
                  k=0; while [ $k -lt 50 ]; do n=$((n+1)); echo "$n {{Filling}}"; k=$((k+1)); done
                  sleep 0.1
                done
                echo "end $n"
                """,
        };
        var given = await world.AskAsync(RoamingWorld.Coordinator, "commands", new { hosts = new[] { world.Hosts[laptop] }, script, deadline = "10m", reason = "roaming" });
        var command = new LongCommand(world, laptop, given.GetProperty("id").GetString()!);
        await command.FlowsAsync();
        return command;
    }

    /// <summary>More of the output arrives at the site than is there now: what writes it is alive, and so is the way.</summary>
    public async Task FlowsAsync()
    {
        var before = await LengthAsync();
        await Wait.For($"more output of {_laptop} than {before} bytes", async () => await LengthAsync() > before, Patience, _world.Describe);
    }

    /// <summary>Ends it, and judges: succeeded, ran once, every line in its place.</summary>
    public async Task<int> EndAsync()
    {
        await File.WriteAllTextAsync(Stop, "");
        JsonElement shown = default;
        await Wait.For($"the command on {_laptop} to end", async () =>
        {
            shown = await _world.Api(RoamingWorld.Coordinator).GetAsync($"commands/{_id}") ?? default;
            return shown.ValueKind == JsonValueKind.Object && RoamingWorld.Text(shown.GetProperty("executions")[0], "state") is "succeeded" or "failed" or "unknown" or "timed-out" or "expired";
        }, Patience, () => $"{shown}\n{_world.Describe()}");
        Assert.Equal("succeeded", RoamingWorld.Text(shown.GetProperty("executions")[0], "state"));
        Assert.Equal(1, (await File.ReadAllLinesAsync(Runs)).Count(l => l == _id));
        var lines = (await ReadAsync()).TrimEnd('\n').Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{i + 1} {Filling}"), lines[i]);
        }

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"end {lines.Length - 1}"), lines[^1]);
        return lines.Length;
    }

    private static string RunsFile(RoamingWorld world) => Path.Combine(world.Folder, "runs");

    private async Task<long> LengthAsync() => await PieceAsync(0, 1) is { } piece ? piece.GetProperty("length").GetInt64() : 0;

    private async Task<string> ReadAsync()
    {
        using var whole = new MemoryStream();
        await Wait.For($"the whole output of {_laptop}", async () =>
        {
            if (await PieceAsync(whole.Length, 256 * 1024) is not { } piece)
            {
                return false;
            }

            whole.Write(piece.GetProperty("data").GetBytesFromBase64());
            return piece.GetProperty("complete").GetBoolean() && whole.Length == piece.GetProperty("length").GetInt64();
        }, Patience, () => $"{whole.Length} bytes\n{_world.Describe()}");
        return Encoding.UTF8.GetString(whole.ToArray());
    }

    private Task<JsonElement?> PieceAsync(long offset, int limit) => _world.Api(RoamingWorld.Coordinator)
        .GetAsync(string.Create(CultureInfo.InvariantCulture, $"commands/{_id}/executions/{_world.Hosts[_laptop]}/output?offset={offset}&limit={limit}"));
}
