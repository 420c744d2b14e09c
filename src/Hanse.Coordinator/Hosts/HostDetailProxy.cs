using Google.Protobuf;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hanse.Coordinator.Hosts;

/// <summary>Asks a host's site, which alone holds detail, and makes problems of its refusals.</summary>
internal sealed class HostDetailProxy(ISiteChannel sites)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="host">Whose detail.</param>
    /// <param name="section">Its name; empty for the list of sections.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<(HostDetail? Detail, ProblemHttpResult? Problem)> DetailAsync(HostTarget host, string section, CancellationToken cancellation) =>
        AskAsync<HostDetail>(host, Method.HostDetail, new HostDetailQuery { HostId = host.Id.ToWire(), Section = section }, cancellation);

    public Task<(HostMetrics? Metrics, ProblemHttpResult? Problem)> MetricsAsync(
        HostTarget host, DateTimeOffset from, DateTimeOffset to, int points, CancellationToken cancellation) =>
        AskAsync<HostMetrics>(
            host, Method.HostMetrics,
            new HostMetricsQuery
            {
                HostId = host.Id.ToWire(), FromUnixMs = from.ToUnixTimeMilliseconds(), ToUnixMs = to.ToUnixTimeMilliseconds(), Points = (uint)points,
            },
            cancellation);

    /// <summary>Null when the host's agent has begun to tell these sections, or all if none is named, in full.</summary>
    public async Task<ProblemHttpResult?> RefreshAsync(HostTarget host, IEnumerable<string> sections, CancellationToken cancellation) =>
        (await AskAsync<Empty>(host, Method.HostRefresh, new HostRefresh { HostId = host.Id.ToWire(), Sections = { sections } }, cancellation)).Problem;

    public async Task<ProblemHttpResult?> RemoveAsync(HostTarget host, bool ban, string actor, string reason, CancellationToken cancellation) =>
        (await AskAsync<Empty>(
            host, Method.HostRemove, new HostRemove { HostId = host.Id.ToWire(), Ban = ban, Actor = actor, Reason = reason }, cancellation)).Problem;

    private async Task<(T? Reply, ProblemHttpResult? Problem)> AskAsync<T>(HostTarget host, Method method, IMessage request, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        var reply = await sites.RequestAsync<T>(host.Site, method, request, Patience, cancellation);
        return reply.Failure is { } failure ? (null, Problem(host, failure)) : (reply.Value!, null);
    }

    private static ProblemHttpResult Problem(HostTarget host, SiteFailure failure) => failure.Code switch
    {
        ErrorCodes.SiteOffline => Problems.Unavailable(
            failure.Code, $"Site {host.SiteName} of {host.Hostname} is not connected. Nothing was changed; try again once `hanse site show {host.SiteName}` says online."),
        ErrorCodes.SiteTimeout => Problems.TimedOut(
            failure.Code, $"Site {host.SiteName} did not answer in {Patience.TotalSeconds:0} s. It may still act on the request; look again in a moment."),
        ErrorCodes.HostOffline => Problems.Unavailable(failure.Code, $"{host.Hostname}: {failure.Message}"),
        ErrorCodes.SiteSuspended => Problems.Conflict(
            failure.Code, $"Site {host.SiteName} of {host.Hostname} is suspended. Nothing was changed; `hanse site resume {host.SiteName}` ends that.", "host"),
        ErrorCodes.HostNotFound or ErrorCodes.SectionNotFound or ErrorCodes.NotFound => Problems.NotFound(failure.Code, failure.Message),
        _ => Problems.SiteRefused(failure.Code, $"Site {host.SiteName} refused: {failure.Message}"),
    };
}
