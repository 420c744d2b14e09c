using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>T3–T6 at lifetimes of seconds, with the real programs: certificates change with their keys while the links stay usable, and a
/// node whose certificate ended comes back by its old key.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task Certificates_are_renewed_with_new_keys_and_an_expired_agent_comes_back()
    {
        await using var server = new RealServer("trust:", "  intermediateLifetime: 24s", "  leafLifetime: 10s");
        await server.StartAsync();
        var agentData = Path.Combine(server.Folder, "agent");
        var (credential, issuer) = (Path.Combine(agentData, "credential.pem"), Path.Combine(server.DataDir, "site/identity/issuer.pem"));
        var (status, invited) = await RealServer.PostAsync(server.Coordinator, "agents/invitations", new { site = "main" });
        Assert.True(status == 200, invited.ToString());
        var (code, said) = await RealProcess.RunAsync(RealProcess.Program("hanse-agent"), invited.GetProperty("joinString").GetString()!, "join", "--data", agentData);
        Assert.True(code == 0, said);
        await using (var agent = RealProcess.Start(RealProcess.Program("hanse-agent"), "run", "--data", agentData))
        {
            await HostOnlineAsync(server);
            var (leaf, intermediate) = (Key(credential), Key(issuer));
            await Wait.For("the agent's second renewal", () => Key(credential) != leaf && agent.Output.Split("certificate-renewed").Length > 2, TimeSpan.FromSeconds(60), () => agent.Output + server.Process.Output);
            await Wait.For("the site's intermediate to be renewed", () => Key(issuer) != intermediate, TimeSpan.FromSeconds(60), () => server.Process.Output);
            await RunAsync(server);
        }

        // 11 s without a renewal: its certificate has ended, and so has the site's own of that time.
        var notAfter = Certificate(credential).NotAfter.ToUniversalTime();
        await Wait.For("the agent's certificate to end", () => TimeProvider.System.GetUtcNow() > notAfter.AddSeconds(1), TimeSpan.FromSeconds(30));
        await using var back = RealProcess.Start(RealProcess.Program("hanse-agent"), "run", "--data", agentData);
        await Wait.For("the expired agent to be renewed", () => back.Output.Contains("certificate-renewed", StringComparison.Ordinal), TimeSpan.FromSeconds(60), () => back.Output + server.Process.Output);
        await HostOnlineAsync(server);
        await RunAsync(server);
    }

    private static async Task HostOnlineAsync(RealServer server) => await Wait.For(
        "the host to be online at the coordinator",
        async () => await RealServer.TryAsync(server.Coordinator, "hosts") is { } hosts && hosts.GetProperty("items").EnumerateArray().Any(h => h.GetProperty("status").GetString() == "online"),
        TimeSpan.FromSeconds(90), () => server.Process.Output);

    /// <summary>From the coordinator over both links to the agent and back.</summary>
    private static async Task RunAsync(RealServer server)
    {
        var host = (await RealServer.TryAsync(server.Coordinator, "hosts"))!.Value.GetProperty("items")[0].GetProperty("id").GetString();
        var (status, issued) = await RealServer.PostAsync(server.Coordinator, "commands", new { hosts = new[] { host }, script = new { arguments = new[] { "uname", "-s" } } });
        Assert.True(status == 201, issued.ToString());
        JsonElement? command = null;
        await Wait.For(
            "the command to end",
            async () => (command = await RealServer.TryAsync(server.Coordinator, $"commands/{issued.GetProperty("id").GetString()}"))?.GetProperty("state").GetString() == "completed",
            TimeSpan.FromSeconds(60), () => string.Create(CultureInfo.InvariantCulture, $"{command} {server.Process.Output}"));
        Assert.Equal("Linux\n", command!.Value.GetProperty("executions")[0].GetProperty("stdout").GetString());
    }

    /// <summary>The first certificate of a file that is replaced as a whole, so that it can be read at any moment.</summary>
    private static X509Certificate2 Certificate(string path)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(File.ReadAllText(path));
        return all[0];
    }

    private static string Key(string path) => Convert.ToHexString(SHA256.HashData(Certificate(path).PublicKey.ExportSubjectPublicKeyInfo()));
}
