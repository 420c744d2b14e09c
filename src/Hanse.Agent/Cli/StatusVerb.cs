using System.Text.Json;
using Hanse.Agent.Data;
using Hanse.Agent.Paths;
using Hanse.Trust.Keys;

namespace Hanse.Agent.Cli;

/// <summary><c>hanse-agent status</c>: what the data folder says. Exit code 3 when the agent has not joined.</summary>
internal static class StatusVerb
{
    internal static int Run(AgentArguments arguments, Terminal terminal)
    {
        var folder = new AgentFolder(arguments.Data);
        if (!Directory.Exists(folder.Root))
        {
            return terminal.Fail(ExitCode.NotJoined, $"There is no agent's data in {folder.Root}. Name its folder with --data, or join first.");
        }

        var view = Read(folder);
        if (arguments.Json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(view, AgentJson.Default.StatusView));
        }
        else
        {
            Print(view, terminal.Out);
        }

        return view.Joined ? ExitCode.Done : ExitCode.NotJoined;
    }

    internal static StatusView Read(AgentFolder folder)
    {
        var site = AgentIdentity.ReadSite(folder);
        var joined = NodeCredential.TryLoad(folder.Credential, out var credential);
        var status = File.Exists(folder.Status) ? JsonSerializer.Deserialize(File.ReadAllBytes(folder.Status), AgentJson.Default.StatusRecord) : null;
        var paths = PathBook.Open(folder.Paths, AgentIdentity.AddressesOf(site)).All;
        string holder;
        bool running;
        using (var held = FolderLock.TryTake(folder, out holder))
        {
            running = held is null;
        }

        return new StatusView
        {
            DataDir = folder.Root,
            Joined = joined,
            Running = running,
            Pid = running ? holder : null,
            HostId = credential?.Identity.Host?.ToString(),
            SiteId = credential?.Identity.Site?.ToString(),
            FederationId = credential?.Identity.Federation.ToString(),
            ServerName = site?.ServerName,
            Addresses = site is null ? null : Texts(paths, byGateway: false),
            Gateways = site is null ? null : Texts(paths, byGateway: true),
            CertificateEnds = credential?.NotAfter,
            Link = running ? status?.Link ?? "offline" : "offline",
            Path = !running || status?.ByGateway is not { } byGateway ? null : byGateway ? "gateway" : "local",
            PathAddress = running ? status?.Address : null,
            LinkSince = status?.Since,
            LastErrorCode = status?.LastErrorCode,
            LastError = status?.LastError,
        };
    }

    private static IReadOnlyList<string> Texts(IEnumerable<SitePath> paths, bool byGateway) =>
        [.. paths.Where(p => p.ByGateway == byGateway).Select(p => p.Address.ToString())];

    private static void Print(StatusView view, TextWriter output)
    {
        var rows = new (string Name, string? Value)[]
        {
            ("data", view.DataDir),
            ("joined", view.Joined ? "yes" : "no"),
            ("running", view.Running ? $"yes, process {view.Pid}" : "no"),
            ("host", view.HostId),
            ("site", view.SiteId),
            ("federation", view.FederationId),
            ("server name", view.ServerName),
            ("addresses", view.Addresses is null ? null : string.Join(", ", view.Addresses)),
            ("gateways", view.Gateways is { Count: > 0 } gateways ? string.Join(", ", gateways) : null),
            ("certificate ends", view.CertificateEnds?.ToString("u")),
            ("link", view.Link),
            ("path", view.Path is null ? null : $"{view.Path}, {view.PathAddress}"),
            ("since", view.LinkSince?.ToString("u")),
            ("last error", view.LastError),
        };
        foreach (var (name, value) in rows.Where(r => r.Value is not null))
        {
            output.WriteLine($"{name,-17} {value}");
        }
    }
}
