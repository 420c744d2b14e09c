using System.Net;
using System.Net.Sockets;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;

namespace Hanse.Site.Enrollment;

/// <summary>What is looked at before a site joins, in this order: not-joined, role, join-string, disk, names, reachability, clock, server, token,
/// capabilities, names-back. One that fails stops the join before the token is sent; a warning does not; one that a failure before it made impossible is skipped.</summary>
internal sealed class JoinPreflight(SiteIdentity identity, SiteOptions options, DiskSpace space, TimeProvider time)
{
    private static readonly TimeSpan Resolving = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan NoticeableSkew = TimeSpan.FromSeconds(30);

    /// <returns>Every check, and the invitation if the text is one.</returns>
    public async Task<(IReadOnlyList<JoinFinding> Findings, JoinInvitation? Invitation)> LookAsync(string joinString, CancellationToken cancellation)
    {
        var outcome = JoinString.Parse(joinString, NodeKind.Site, time.GetUtcNow());
        // One past its time by this clock is still shown to the coordinator, whose clock judges.
        var invitation = outcome switch
        {
            JoinStringOutcome.Read read => read.Invitation,
            JoinStringOutcome.Expired expired => expired.Invitation,
            _ => null,
        };
        List<JoinFinding> findings =
        [
            NotJoined(), Role(),
            invitation is null ? JoinFinding.Failed("join-string", outcome.Code, outcome.Message) : JoinFinding.Ok("join-string", "whole, and for a site"),
            Disk(),
        ];
        if (invitation is null)
        {
            return (findings, null);
        }

        findings.Add(await NamesAsync(invitation, cancellation));
        findings.Add(await ReachabilityAsync(invitation, cancellation));
        findings.AddRange(await AskAsync(invitation, findings.Any(f => f.Outcome == JoinFinding.FailedOutcome && f.Name is "names" or "reachability"), cancellation));
        return (findings, invitation);
    }

    private JoinFinding NotJoined() => identity.Self is { } self
        ? JoinFinding.Failed("not-joined", ErrorCodes.AlreadyJoined,
            $"This site is “{self.Name}” ({self.Id}) of federation {self.Federation} already. `hanse site leave` takes it out; or use another data folder.")
        : JoinFinding.Ok("not-joined", "this site belongs to no federation");

    /// <summary>A coordinator's data folder is no site's: one that has been started with the wrong role must not join anything.</summary>
    private JoinFinding Role() => !options.CoordinatorBeside && Directory.Exists(Path.Combine(Path.GetDirectoryName(options.DataFolder)!, "coordinator"))
        ? JoinFinding.Failed("role", ErrorCodes.RoleConflict,
            $"{Path.GetDirectoryName(options.DataFolder)} holds a coordinator. Start this site with a data folder of its own, or with both roles (roles: [coordinator, site]).")
        : JoinFinding.Ok("role", options.CoordinatorBeside ? "a site beside its coordinator" : "a site alone");

    private JoinFinding Disk() => space.Refusal() is { } full
        ? JoinFinding.Failed("disk", full.Code, full.Message)
        : space.Free < 4 * Math.Max(options.DiskFloor, 1)
        ? JoinFinding.Warning("disk", $"{space.Free >> 20} MiB are free; at {options.DiskFloor >> 20} MiB the site takes no new work. Give it more room soon.")
        : JoinFinding.Ok("disk", $"{space.Free >> 20} MiB are free");

    private async Task<JoinFinding> NamesAsync(JoinInvitation invitation, CancellationToken cancellation)
    {
        var missing = await UnresolvedAsync(invitation.Addresses.Select(a => a.Host), cancellation);
        var all = invitation.Addresses.All(a => missing.Contains(a.Host));
        var text = $"this machine cannot resolve {string.Join(", ", missing)}. Add it to DNS or /etc/hosts, or invite the site again from a coordinator with other addresses.";
        return missing.Count == 0 ? JoinFinding.Ok("names", "the coordinator's addresses resolve")
            : all ? JoinFinding.Failed("names", ErrorCodes.Unreachable, text) : JoinFinding.Warning("names", text);
    }

    private async Task<JoinFinding> ReachabilityAsync(JoinInvitation invitation, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await AddressDialler.ConnectAsync(invitation.Addresses, time, cancellation);
            return JoinFinding.Ok("reachability", $"{connection.Socket.RemoteEndPoint} answers");
        }
        catch (SocketException none)
        {
            return JoinFinding.Failed("reachability", ErrorCodes.Unreachable, $"no address of the coordinator answers: {none.Message}. Check that it runs, and the firewalls between.");
        }
    }

    private async Task<IReadOnlyList<JoinFinding>> AskAsync(JoinInvitation invitation, bool unreachable, CancellationToken cancellation)
    {
        if (unreachable)
        {
            return [.. new[] { "clock", "server", "token", "capabilities", "names-back" }.Select(JoinFinding.Skipped)];
        }

        var forecast = await new SiteJoinCheck(time).AskAsync(invitation, Capabilities.OfLink, cancellation);
        return [Clock(forecast), Server(forecast), Token(forecast), Capability(forecast), await NamesBackAsync(forecast, cancellation)];
    }

    private static JoinFinding Clock(SiteJoinForecast forecast) => forecast switch
    {
        { Refusal: { Code: ErrorCodes.ClockSkew } skew } => JoinFinding.Failed("clock", skew.Code, skew.Message),
        { ClockAhead: { } ahead } when ahead.Duration() > NoticeableSkew => JoinFinding.Warning(
            "clock", $"this clock is {ahead.Duration().TotalSeconds:0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the coordinator's. Set it by NTP."),
        { ClockAhead: not null } => JoinFinding.Ok("clock", "agrees with the coordinator's"),
        _ => JoinFinding.Skipped("clock"),
    };

    /// <summary>An older coordinator cannot be asked, which is no reason not to join it.</summary>
    private static JoinFinding Server(SiteJoinForecast forecast) => forecast.Refusal switch
    {
        null or { Code: ErrorCodes.NotFound } => JoinFinding.Ok("server", "it is the coordinator that the join string pins"),
        { Code: ErrorCodes.ClockSkew or ErrorCodes.TokenExpired } => JoinFinding.Skipped("server"),
        var refused => JoinFinding.Failed("server", refused.Code, refused.Message) with { Retryable = refused.Retryable },
    };

    private static JoinFinding Token(SiteJoinForecast forecast) => forecast switch
    {
        { Answer.Refusal: { } refused } => JoinFinding.Failed("token", refused.Code, refused.Message),
        { Answer: { } answer } => JoinFinding.Ok("token", $"good for the site “{answer.SiteName}”"),
        { Refusal: { Code: ErrorCodes.TokenExpired } expired } => JoinFinding.Failed("token", expired.Code, expired.Message),
        _ => JoinFinding.Skipped("token"),
    };

    private static JoinFinding Capability(SiteJoinForecast forecast)
    {
        if (forecast.Answer is not { } answer)
        {
            return JoinFinding.Skipped("capabilities");
        }

        var missing = Capabilities.OfLink.Except(answer.Capabilities).ToList();
        return missing.Contains(Capabilities.Requests)
            ? JoinFinding.Failed("capabilities", ErrorCodes.ProtocolVersionUnsupported, "the coordinator does not speak this protocol. Upgrade it first, then the sites.")
            : missing.Count > 0
            ? JoinFinding.Warning("capabilities", $"the coordinator is older: it lacks {string.Join(", ", missing)}. All else works; upgrade it when you can.")
            : JoinFinding.Ok("capabilities", "the coordinator has all that this site has");
    }

    /// <summary>A TLS server name needs no DNS entry (L2), but the addresses that agents dial must resolve where agents are: most likely as here.</summary>
    private async Task<JoinFinding> NamesBackAsync(SiteJoinForecast forecast, CancellationToken cancellation)
    {
        if (forecast.Answer is not { Refusal: null } answer)
        {
            return JoinFinding.Skipped("names-back");
        }

        var here = await UnresolvedAsync(answer.Addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address.Host : a), cancellation);
        return here.Count > 0
            ? JoinFinding.Warning("names-back", $"agents are told to dial {string.Join(", ", here)}, which this machine cannot resolve. Add it to the DNS that agents use.")
            : answer.Unresolved.Count > 0
            ? JoinFinding.Warning("names-back", $"the coordinator cannot resolve {string.Join(", ", answer.Unresolved)}. It never dials a site, so only people there are hindered.")
            : JoinFinding.Ok("names-back", $"{string.Join(", ", answer.Addresses)}: where agents dial this site");
    }

    private async Task<List<string>> UnresolvedAsync(IEnumerable<string> hosts, CancellationToken cancellation)
    {
        var missing = new List<string>();
        foreach (var host in hosts.Distinct(StringComparer.OrdinalIgnoreCase).Where(h => !IPAddress.TryParse(h, out _)))
        {
            using var timeout = new CancellationTokenSource(Resolving, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
            try
            {
                await Dns.GetHostAddressesAsync(host, either.Token);
            }
            catch (Exception unknown) when (unknown is SocketException or OperationCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                missing.Add(host);
            }
        }

        return missing;
    }
}

/// <summary>One check and what it found.</summary>
/// <param name="Name">Stable.</param>
/// <param name="Outcome">ok, warning, failed or skipped.</param>
/// <param name="Advice">What was found, and what to do about it.</param>
/// <param name="Code">Of a failure.</param>
internal sealed record JoinFinding(string Name, string Outcome, string Advice, string? Code = null)
{
    public const string FailedOutcome = "failed";

    /// <summary>It may go by itself.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Retryable { get; init; }

    public static JoinFinding Ok(string name, string what) => new(name, "ok", what);

    public static JoinFinding Warning(string name, string advice) => new(name, "warning", advice);

    public static JoinFinding Failed(string name, string code, string advice) => new(name, FailedOutcome, advice, code) { Retryable = code == ErrorCodes.Unreachable };

    public static JoinFinding Skipped(string name) => new(name, "skipped", "could not be looked at, because of a failure above");
}
