using System.Collections.Concurrent;
using System.Text.Json;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.World;

/// <summary>Backups and their way back, as an operator goes it: <c>hanse backup create</c> while the server runs, loss, <c>hanse backup restore</c>, and for a coordinator
/// its recovery until it takes work again.</summary>
internal sealed class RestoreDriver(ChaosFederation federation, Action<string> tell)
{
    private const string Passphrase = "a passphrase for chaos\n";
    private const int Tries = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private readonly ConcurrentDictionary<string, Held> _held = [];
    private int _number;

    /// <summary>Keeps what a backup is of; with the server or its database dead just now there is none, and nothing will be restored.</summary>
    public async Task BackUpAsync(ChaosNode node)
    {
        var held = new Held(Path.Combine(federation.Folder, $"{node.Name}-{Interlocked.Increment(ref _number)}.backup"), TimeProvider.System.GetUtcNow());
        var (code, output) = await RunAsync("backup", "create", held.File, "--data-dir", node.Data, "--role", RoleOf(node));
        if (code == 0)
        {
            _held[node.Name] = held;
        }
        else
        {
            tell($"no backup of {node.Name}: {output.Trim()}");
        }
    }

    /// <summary>The server is lost, and is started as it was when the backup was made.</summary>
    public async Task RestoreAsync(ChaosNode node)
    {
        if (!_held.TryRemove(node.Name, out var held))
        {
            return;
        }

        var lost = held.From;
        var (code, output) = (-1, "");
        for (var tries = 0; tries < Tries && code != 0; tries++)
        {
            // Other faults may start it again, or hit its database or its disk in the middle: it is all or nothing, and is done again when that is over.
            await Task.Delay(tries * Look, TimeProvider.System);
            await node.KillAsync();
            node.KillDatabase();
            lost = TimeProvider.System.GetUtcNow();
            (code, output) = await RunAsync("backup", "restore", held.File, "--data-dir", node.Data, "--replace");
            Assert.False(output.Contains("Unhandled exception", StringComparison.Ordinal), output);
        }

        Assert.True(code == 0, $"{node.Name} was not restored: {output} {Chance.Repeat("chaos")}\n{federation.Describe()}");
        federation.Losses.Add(new Loss(node.Name, held.From, lost));
        node.Start();
        tell($"{node.Name} is as it was {(lost - held.From).TotalSeconds:0.0} s before");
    }

    /// <summary>Until a restored coordinator accepts work: its sites have told, and the log goes on under a new id (A4).</summary>
    public async Task FinishRecoveryAsync(CancellationToken cancellation)
    {
        var coordinator = federation.Servers[ChaosFederation.Coordinator].Api;
        while (federation.Losses.Any(l => l.Server == ChaosFederation.Coordinator))
        {
            var recovery = await coordinator.GetAsync("recovery");
            if (recovery?.GetProperty("active").GetBoolean() == false)
            {
                return;
            }

            if (recovery?.GetProperty("sites").EnumerateArray().All(HasTold) == true)
            {
                tell(await RecoverLogAsync(federation, null));
                await coordinator.SendAsync(HttpMethod.Post, "recovery/finish", new { force = true }, null);
            }

            try
            {
                await Task.Delay(Look, TimeProvider.System, cancellation);
            }
            catch (OperationCanceledException ended)
            {
                throw new OperationCanceledException($"The coordinator is still recovering: {recovery} {Chance.Repeat("chaos")}\n{federation.Describe()}", ended, cancellation);
            }
        }
    }

    /// <summary>Lets the audit log of a server that was set back go on (A4), the coordinator's own without a site. A site that is away just now contradicts it when it
    /// comes back: then this is done again.</summary>
    /// <returns>The answer, for a failure's message.</returns>
    public static async Task<string> RecoverLogAsync(ChaosFederation federation, string? site)
    {
        var (status, answer) = await federation.Named.SendAsync(HttpMethod.Post, "audit/recover", new { reason = "restored from a backup", site }, null);
        Assert.False(status is 400 or 401 or 403 or 404, $"Nobody may let the log go on: {answer} {Chance.Repeat("chaos")}");
        return $"{site}: {status} {answer}";
    }

    private static bool HasTold(JsonElement site) => site.GetProperty("state").GetString() == "recovered";

    private static string RoleOf(ChaosNode node) => node.Name == ChaosFederation.Coordinator ? "coordinator" : "site";

    private static Task<(int Code, string Output)> RunAsync(params string[] arguments) => RealProcess.RunAsync(RealProcess.Program("hanse"), Passphrase, Patience, arguments);

    private sealed record Held(string File, DateTimeOffset From);
}

/// <summary>What a server alone knew of the time between is gone.</summary>
/// <param name="Server">Which.</param>
/// <param name="From">Its backup was begun.</param>
/// <param name="Until">It was lost.</param>
internal sealed record Loss(string Server, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>True of what the server may have taken in that time: at some moment between these two.</summary>
    public bool Covers(DateTimeOffset earliest, DateTimeOffset latest) => latest >= From && earliest <= Until;
}
