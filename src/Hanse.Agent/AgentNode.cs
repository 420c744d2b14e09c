using System.Text.Json;
using Hanse.Agent.Commands;
using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Agent.Data;
using Hanse.Agent.Inventory;
using Hanse.Agent.Link;
using Hanse.Agent.Logging;
using Hanse.Agent.Metrics;
using Hanse.Agent.Native;
using Hanse.Agent.Paths;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Agent;

/// <summary>
/// A running agent, from start to stop:
/// 1. end what an earlier life left running (D5), before anything new can be taken;
/// 2. keep a link to the site, on which a session works, by the best path there is;
/// 3. renew the certificate, drive waiting executions;
/// 4. at the stop: leave the link, kill what runs, journal its end.
/// </summary>
internal sealed class AgentNode(AgentFolder folder, AgentIdentity identity, RunSettings settings, AgentLog log, TimeProvider time)
{
    private readonly PathBook _paths = PathBook.Open(folder.Paths, identity.Addresses);

    // Seeded by the system; used for jitter alone, from several threads.
    private readonly Random _random = new LockedRandom(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));

    internal async Task RunAsync(CancellationToken stop)
    {
        var boot = new BootClock();
        var journal = ExecutionJournal.Open(folder.Executions, settings.Executions, time);
        var surroundings = new RunSurroundings(
            journal, settings.Executions, time, boot, log, settings.Executions.WithoutCgroups ? null : CgroupRoot.Find(), "/run/hanse-agent");
        await using var runner = new ExecutionRunner(surroundings);
        await runner.RecoverAsync();

        var renewal = new RenewalDriver(identity, _paths, folder.RenewalKey, _random, time, log);
        var session = new AgentSession(
            identity.Credential.Value.Identity, identity.Trust, InventoryCollector.ForThisMachine(time, boot), runner,
            new FileLinkSecret(folder.LinkSecret), Options() with { RenewNow = renewal.RenewNowAsync });
        session.LinkChanged += Note;
        using var wheel = new PulseWheel(time);
        var dialer = Dialer(wheel);
        var keeper = Keeper(session, dialer, renewal);
        var path = new PathDriver(
            _paths, (address, cancellation) => dialer.ProveAsync(address, identity.ServerName, cancellation), keeper, PathPatience.Of(settings.PathInterval), _random, time, log);
        renewal.Renewed += keeper.TryNow;
        log.Information(
            "agent-started", $"The agent of host {session.Identity.Host} runs.",
            ("identity", session.Identity.ToString()), ("cgroups", surroundings.CgroupRoot ?? "none"), ("dataDir", folder.Root));
        await WorkAsync([keeper.RunAsync, renewal.RunAsync, runner.DriveAsync, path.RunAsync], stop);
        log.Information("agent-stopped", "The agent stopped.");
    }

    private AgentSessionOptions Options() => new()
    {
        InventoryInterval = settings.InventoryInterval,
        KeepPaths = _paths.Accept,
        Resting = ProcessMemory.Release,
        Metrics = new MachineMetrics(time),
        SoftwareVersion = Versions.Software,
        Time = time,
        Log = log,
        Random = _random,
    };

    private LinkDialer Dialer(PulseWheel wheel)
    {
        var tls = new LinkTls(identity.Credential, new PeerVerifier(identity.Trust, time), PeerExpectation.TheSite(identity.Site)) { ByName = true };
        return new LinkDialer(tls, new LinkGreeter(wheel, LinkLimits.Default, time), time);
    }

    private LinkKeeper Keeper(AgentSession session, LinkDialer dialer, RenewalDriver renewal)
    {
        return new LinkKeeper(Dial, session, BackoffOptions.Default, _random, time);

        async Task<DialResult> Dial(CancellationToken cancellation)
        {
            var target = new LinkTarget(_paths.ToTry, identity.ServerName);
            var result = await dialer.DialAsync(target, session, cancellation);
            if (result is DialResult.Connected connected)
            {
                _paths.Linked(connected.Address!);
            }
            else
            {
                var refused = result as DialResult.Refused;
                var error = refused?.Error ?? ((DialResult.Unreachable)result).Error;
                Note(false, error);
                await MendAsync(error, refused is not null, target, renewal, cancellation);
            }

            return result;
        }
    }

    /// <summary>What the agent itself can do about a refusal. A site from a root that it does not know: look for one that its own root vouches for (T4). A
    /// certificate that has ended, or was made by a clock that was ahead: renew it by the old key, also when this clock thinks otherwise (T6). Banned and unknown are for people: it goes on asking at the
    /// site's pace, and its status says what to do.</summary>
    private async Task MendAsync(Error error, bool refused, LinkTarget target, RenewalDriver renewal, CancellationToken cancellation)
    {
        if (error.Code == ErrorCodes.CertificateExpired || (refused && error.Code == ErrorCodes.ClockSkew))
        {
            await renewal.RenewNowAsync(cancellation);
        }

        try
        {
            if (error.Code == ErrorCodes.NotTrusted && await new RootRecovery(time).TryAsync(target.Addresses, target.ServerName, identity.Trust, cancellation))
            {
                log.Information("root-found", "A new root of the federation is trusted: the old one vouches for it.");
            }
        }
        catch (IOException failure)
        {
            log.Error("trust-not-kept", $"The new root could not be stored: {failure.Message} Free disk space.");
        }
    }

    // The first to end ends all: one that fails must not leave the agent half alive.
    private static async Task WorkAsync(Func<CancellationToken, Task>[] works, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = works.Select(w => Task.Run(() => w(ending.Token), CancellationToken.None)).ToList();
        await Task.WhenAny(running);
        await ending.CancelAsync();
        foreach (var task in running)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // Stopped as asked.
            }
        }
    }

    private void Note(bool online, Error? error)
    {
        if (online)
        {
            log.Information("link-opened", "The link to the site is up.", ("address", _paths.Last?.Address.ToString() ?? ""));
        }
        else if (error is not null)
        {
            log.Warning("link-down", error.Message, ("code", error.Code));
        }

        try
        {
            var path = online ? _paths.Last : null;
            var status = new StatusRecord(online ? "online" : "offline", time.GetUtcNow(), error?.Code, error?.Message)
            {
                Address = path?.Address.ToString(), ByGateway = path?.ByGateway,
            };
            AtomicFile.Write(folder.Status, JsonSerializer.SerializeToUtf8Bytes(status, AgentJson.Default.StatusRecord));
        }
        catch (IOException failure)
        {
            log.Warning("status-not-written", failure.Message);
        }
    }
}
