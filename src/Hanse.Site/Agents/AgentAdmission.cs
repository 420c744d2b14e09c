using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Agents;

/// <summary>Lets this site's agents in. (1) A removed, banned or quarantined host gets its own answer (T6); one with a valid certificate
/// but no row is taken in again (U6). (2) Two holders of one key are found by their link secrets, or by two live links that both
/// answer; the newcomer is quarantined and the old link stays (J5). (3) A fresh secret is stored, then given, unless a later hello was faster.</summary>
internal sealed partial class AgentAdmission(
    LinkSecretStore secrets, HostStore hosts, QuarantineStore quarantine, AgentLinks links, AgentHandler handler, ISiteIdentity identity, ILogger<AgentAdmission> logger)
    : ILinkAdmission
{
    private static readonly TimeSpan ApartRetry = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LateRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OldLinkAnswers = TimeSpan.FromSeconds(5);

    public async ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        var host = candidate.Identity.Host!.Value;
        links.Judging(host);
        var row = await secrets.FindAsync(host, cancellation) ?? await TakeInAsync(host, candidate, cancellation);
        if (Refusal(row) is { } refusal)
        {
            return refusal;
        }

        var verdict = LinkSecretPlanner.Judge(candidate.Hello.LinkSecret.Span, row.LinkSecret, row.PreviousLinkSecret);
        if (verdict == SecretVerdict.Stale || await OldLinkAnswersAsync(host, cancellation))
        {
            LogClone(host, candidate.Remote, verdict);
            await quarantine.AddAsync(host, candidate.Remote?.ToString() ?? "", cancellation);
            return new AdmissionDecision.Refused(
                LinkErrors.Of(
                    ErrorCodes.HostQuarantined,
                    "Another machine uses this host's key: this one was cloned from it, or restored. On the copy run: hanse-agent reset, then join again."),
                ApartRetry);
        }

        var fresh = RandomNumberGenerator.GetBytes(32);
        var kept = verdict == SecretVerdict.First ? null : SHA256.HashData(candidate.Hello.LinkSecret.Span);
        if (!await secrets.StoreAsync(host, row.LinkSecret, SHA256.HashData(fresh), kept, Short(candidate.Hello.SoftwareVersion), cancellation))
        {
            // Mostly one that its agent gave up long ago, while this waited for an old link or for the database.
            return new AdmissionDecision.Refused(LinkErrors.Of(ErrorCodes.LinkClosing, "Another hello of this host was answered meanwhile."), LateRetry);
        }

        return new AdmissionDecision.Welcomed(handler) { LinkSecret = ByteString.CopyFrom(fresh) };
    }

    public void OnFault(NodeIdentity peer, Exception fault) => LogFault(fault, peer);

    private async Task<HelloRow> TakeInAsync(HostId host, LinkCandidate candidate, CancellationToken cancellation)
    {
        var certificate = (X509Certificate2)candidate.Transport!;
        LogTakenIn(host);
        await hosts.AddAsync(
            host,
            new JoinedHost("", "", "", Short(candidate.Hello.SoftwareVersion), HostCertificate.Of(certificate, identity.Trust.Value)), cancellation);
        return (await secrets.FindAsync(host, cancellation))!;
    }

    private static AdmissionDecision.Refused? Refusal(HelloRow row)
    {
        if (row.Removed)
        {
            return new(
                LinkErrors.Of(ErrorCodes.Unknown, row.StatusReason.Length > 0
                    ? $"This host has {row.StatusReason}: this is a copy of it, or its files from before. On a copy run: hanse-agent reset, then join again."
                    : "This host was removed from its site. To come back, run: hanse-agent reset, then join again."),
                ApartRetry);
        }

        return (HostStatus)row.Status == HostStatus.Banned
            ? new(LinkErrors.Of(ErrorCodes.Banned, $"This host is banned: {row.StatusReason}"), ApartRetry)
            : null;
    }

    /// <summary>True while another live link of this host answers a ping: a link that merely has not noticed its end does not.</summary>
    private async Task<bool> OldLinkAnswersAsync(HostId host, CancellationToken cancellation)
    {
        if (links.Find(host) is not { } old)
        {
            return false;
        }

        if (await old.PingAsync(OldLinkAnswers, cancellation))
        {
            return true;
        }

        await old.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "A newer link of this host has come up."));
        return false;
    }

    private static string Short(string version) => new([.. version.Where(c => !char.IsControl(c)).Take(64)]);

    [LoggerMessage(1, LogLevel.Warning, "Host {Host} has two holders of its key: the one at {Remote} is kept out ({Verdict})")]
    private partial void LogClone(HostId host, System.Net.EndPoint? remote, SecretVerdict verdict);

    [LoggerMessage(2, LogLevel.Warning, "Host {Host} has a valid certificate of this site but no row; it is taken in again")]
    private partial void LogTakenIn(HostId host);

    [LoggerMessage(3, LogLevel.Error, "Deciding on the link of {Peer} failed")]
    private partial void LogFault(Exception fault, NodeIdentity peer);
}
