using System.Net;
using Hanse.Authority.Issuing;
using Hanse.Coordinator;
using Hanse.Coordinator.Access;
using Hanse.Coordinator.Api;
using Hanse.Server.Configuration;
using Hanse.Trust.Dialing;
using Npgsql;

namespace Hanse.Server.Hosting;

/// <summary>The coordinator as a part of this process.</summary>
internal static class CoordinatorRole
{
    public const string Socket = "coordinator.sock";

    public static HostedRole Build(HanseOptions options, NpgsqlDataSource database, ILoggerFactory logging)
    {
        var builder = RoleBuilder.Create(options, logging);
        builder.Services.AddCoordinator(Options(options, logging), database);
        builder.Services.AddAccess(new AccessOptions { SessionLifetime = options.Coordinator.SessionLifetime, SocketFolder = options.DataDir });
        WebApplication? app = null;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenForRole(
            new IPEndPoint(options.Listen.Address, options.Listen.Port), Path.Combine(options.DataDir, Socket), () => CoordinatorModule.NodeServer(app!.Services)));
        app = builder.Build();
        app.UseNodeServer(CoordinatorModule.NodeServer(app.Services));
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapCoordinator();
        return new HostedRole(
            ServerRole.Coordinator, app, OpenAsync, CoordinatorModule.RunCoordinatorAsync, CoordinatorModule.StopCoordinatorAsync);
    }

    private static async Task OpenAsync(IServiceProvider services, CancellationToken cancellation)
    {
        await CoordinatorModule.OpenCoordinatorAsync(services, cancellation);
        if (await AdministratorBootstrap.EnsureAsync(services, cancellation) is { } password)
        {
            // Shown once on a terminal; a redirected output is a log, and no log holds a secret.
            await Console.Out.WriteLineAsync(Console.IsOutputRedirected
                ? "Administrator: admin, whose password nobody knows yet. Set one on this machine: hanse user password admin"
                : $"Administrator: admin\nPassword:      {password}   (shown this once; change it with: hanse user password admin)");
        }
    }

    internal static Hanse.Coordinator.CoordinatorOptions Options(HanseOptions options, ILoggerFactory logging)
    {
        var external = options.ExternalNames.Count > 0 ? options.ExternalNames : ["localhost"];
        var addresses = options.Addresses.Count > 0
            ? options.Addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address : null).OfType<NodeAddress>().ToList()
            : [.. external.Select(n => new NodeAddress(n, options.Listen.Port))];
        var hosts = addresses.Select(a => a.Host).Where(h => IPAddress.TryParse(h, out _)).ToList();
        if (external.Contains("localhost"))
        {
            hosts.AddRange(["127.0.0.1", "::1"]);
        }

        return ServerNames.TryCreate(external, hosts, out var names, out var why)
            ? new Hanse.Coordinator.CoordinatorOptions
            {
                DataFolder = Path.Combine(options.DataDir, "coordinator"),
                KeyFile = options.Coordinator.KeyFile ?? Path.Combine(options.DataDir, "coordinator", "federation.key"),
                Names = names, Addresses = addresses, Lifetimes = RoleBuilder.Lifetimes(options), CommandGrace = options.Coordinator.CommandGrace,
                Certificate = OwnCertificate.Open("coordinator", options.Coordinator.TlsCertificateFile, options.Coordinator.TlsKeyFile, logging),
                ReconcileAt = options.Coordinator.ReconcileAt,
            }
            : throw new InvalidDataException($"externalNames: {why}");
    }
}
