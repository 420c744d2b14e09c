using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>What the federation trusts, and the rotation of its root (T4), over HTTP.</summary>
internal static class TrustEndpoints
{
    public static void MapTrust(this RouteGroupBuilder api)
    {
        api.MapGet("/trust", ShowAsync).WithTags("Trust").WithName("GetTrust").WithSummary("Roots, intermediates and the list of bans in force")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/trust/horizon", HorizonAsync).WithTags("Trust").WithName("GetTrustHorizon")
            .WithSummary("Who becomes unreachable when, if nothing is done").RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/trust/renewals", RenewAsync).WithTags("Trust").WithName("RenewSite")
            .WithSummary("Have a site renew its intermediate now").RequireAuthorization(AccessPolicies.Administrator);
        api.MapGet("/trust/rotation", StatusAsync).WithTags("Trust").WithName("GetRotation").WithSummary("The rotation of the root, site by site")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/trust/rotation/start", StartAsync).WithTags("Trust").WithName("StartRotation")
            .WithSummary("Publish the next root").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/trust/rotation/switch", SwitchAsync).WithTags("Trust").WithName("SwitchRotation")
            .WithSummary("Let the new root issue").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/trust/rotation/finish", FinishAsync).WithTags("Trust").WithName("FinishRotation")
            .WithSummary("Trust the old root no more").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/trust/rotation/abort", AbortAsync).WithTags("Trust").WithName("AbortRotation")
            .WithSummary("Take the next root back, before it issues").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Ok<TrustView>> ShowAsync(Federation federation, ISites sites, SiteTrustStore told, CancellationToken cancellation)
    {
        var (trust, reports) = (federation.Trust.Value, await told.ListAsync(cancellation));
        var rows = await sites.ListAsync(cancellation);
        return TypedResults.Ok(new TrustView(
            trust.Generation, trust.IncarnationNumber,
            [.. trust.Roots.Select((r, i) => new RootView(SpkiHash.Of(r).ToString(), i == 0, r.NotBefore.ToUniversalTime(), r.NotAfter.ToUniversalTime()))],
            federation.Issuer.Value.NotAfter, federation.Server.Value.NotAfter, RevocationsView.Of(trust.Revocations),
            [.. rows.Where(r => reports.ContainsKey(r.SiteId)).Select(r => SiteTrustView.Of(r, reports[r.SiteId]))]));
    }

    private static async Task<Ok<HorizonView>> HorizonAsync(HorizonReader horizon, CancellationToken cancellation)
    {
        var entries = await horizon.ReadAsync(cancellation);
        return TypedResults.Ok(new HorizonView(
            entries.All(e => e.Trouble is null), [.. entries.Select(e => new HorizonEntryView(e.Kind, e.Name, e.Until, e.Count, e.Note, e.Trouble))]));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RenewAsync(
        RenewalRequest request, ActorContext actor, SiteRenewals renewals, CancellationToken cancellation) =>
        await renewals.RenewAsync(request.Site ?? "", actor, cancellation) is { } problem ? problem : TypedResults.NoContent();

    private static async Task<Ok<RotationView>> StatusAsync(RotationStore store, RotationReader reader, CancellationToken cancellation)
    {
        var last = await store.LastAsync(cancellation);
        IReadOnlyList<RotationNode> nodes = last is { IsUnderWay: true } ? await reader.NodesAsync(last, cancellation) : [];
        return TypedResults.Ok(RotationView.Of(last, nodes));
    }

    private static async Task<Results<Ok<RotationStepView>, ProblemHttpResult>> StartAsync(ActorContext actor, RotationDesk desk, CancellationToken cancellation) =>
        Answer(await desk.StartAsync(actor, cancellation));

    private static async Task<Results<Ok<RotationStepView>, ProblemHttpResult>> SwitchAsync(
        RotationSkipRequest request, ActorContext actor, RotationDesk desk, CancellationToken cancellation) =>
        Answer(await desk.SwitchAsync(new(request.Skip ?? [], request.Force), actor, cancellation));

    private static async Task<Results<Ok<RotationStepView>, ProblemHttpResult>> FinishAsync(
        RotationSkipRequest request, ActorContext actor, RotationDesk desk, CancellationToken cancellation) =>
        Answer(await desk.FinishAsync(new(request.Skip ?? [], request.Force), actor, cancellation));

    private static async Task<Results<Ok<RotationStepView>, ProblemHttpResult>> AbortAsync(ActorContext actor, RotationDesk desk, CancellationToken cancellation) =>
        Answer(await desk.AbortAsync(actor, cancellation));

    private static Results<Ok<RotationStepView>, ProblemHttpResult> Answer(RotationOutcome outcome) => outcome.Problem is { } problem
        ? problem
        : TypedResults.Ok(new RotationStepView(outcome.Step, outcome.Unreachable));
}

/// <summary>What the federation trusts now.</summary>
internal sealed record TrustView(
    ulong Generation, ulong IncarnationNumber, IReadOnlyList<RootView> Roots, DateTimeOffset IntermediateExpires, DateTimeOffset CertificateExpires,
    RevocationsView Revocations, IReadOnlyList<SiteTrustView> Sites);

/// <summary>A trusted root.</summary>
/// <param name="Pin">SHA-256 of its public key.</param>
/// <param name="Issues">Whether new certificates come from it.</param>
/// <param name="NotBefore">Its life.</param>
/// <param name="NotAfter">Its end.</param>
internal sealed record RootView(string Pin, bool Issues, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <summary>The list of bans in force (T6).</summary>
internal sealed record RevocationsView(ulong IncarnationNumber, ulong Number, DateTimeOffset? Issued, int Sites, int Hosts, int Keys)
{
    public static RevocationsView Of(Revocations list) => new(
        list.IncarnationNumber, list.Number, list.Signed is null ? null : list.Issued, list.Sites.Count, list.Hosts.Count, list.Keys.Count);
}

/// <summary>What a site last told of what it trusts.</summary>
internal sealed record SiteTrustView(
    string Name, IReadOnlyList<string> Roots, string IssuingRoot, DateTimeOffset IntermediateExpires, ulong RevocationsNumber, ulong Agents, ulong AgentsLacking,
    string? RenewalError, DateTimeOffset ReportedAt)
{
    public static SiteTrustView Of(SiteRow site, SiteTrust told) => new(
        site.Name, [.. told.Report.Roots.Select(r => Convert.ToHexStringLower(r.Span))], Convert.ToHexStringLower(told.Report.IssuingRoot.Span),
        DateTimeOffset.FromUnixTimeSeconds(told.Report.IntermediateExpiresUnixS), told.Report.RevocationsNumber, told.Report.Agents, told.Report.Lacking,
        told.Report.RenewalError.Length > 0 ? told.Report.RenewalError : null, told.At);
}

/// <summary>Body of switch and finish: sites that are not waited for, or all of them.</summary>
internal sealed record RotationSkipRequest(IReadOnlyList<string>? Skip = null, bool Force = false);

/// <summary>A step that was done, and whom it left behind.</summary>
internal sealed record RotationStepView(string Step, IReadOnlyList<string> Unreachable);

/// <summary>A rotation and how far each site is.</summary>
internal sealed record RotationView(
    string Phase, string? OldRoot, string? NewRoot, string? StartedBy, DateTimeOffset? StartedAt, DateTimeOffset? SwitchedAt, DateTimeOffset? EndedAt, bool Ready,
    IReadOnlyList<RotationNodeView> Sites)
{
    public static RotationView Of(RotationRow? row, IReadOnlyList<RotationNode> nodes) => new(
        row?.State.ToString().ToLowerInvariant() ?? "none", row?.Old, row?.New, row?.StartedBy, row?.StartedAt, row?.SwitchedAt, row?.EndedAt,
        row is { IsUnderWay: true } && nodes.All(n => n.State == RotationState.Ready), [.. nodes.Select(RotationNodeView.Of)]);
}

/// <summary>One site of a rotation.</summary>
internal sealed record RotationNodeView(
    Protocol.Ids.SiteId Id, string Name, string State, string? Why, ulong Agents, ulong AgentsWaiting, IReadOnlyList<RotationHostView> Hosts, DateTimeOffset? ReportedAt)
{
    public static RotationNodeView Of(RotationNode node) => new(
        node.Site, node.Name, node.State switch { RotationState.Ready => "ready", RotationState.Waiting => "waiting", _ => "not-seen" },
        node.Why.Length > 0 ? node.Why : null, node.Agents, node.Waiting,
        [.. node.Hosts.Select(h => new RotationHostView(h.Id, h.Hostname, h.Online, h.LastSeen))], node.ReportedAt);
}

/// <summary>An agent that holds its site up; the first hundred are listed.</summary>
internal sealed record RotationHostView(Protocol.Ids.HostId Id, string Hostname, bool Online, DateTimeOffset LastSeen);

/// <summary>Body of POST /trust/renewals.</summary>
internal sealed record RenewalRequest(string? Site);

/// <summary>Who becomes unreachable when; soonest first.</summary>
/// <param name="Healthy">False while somebody cannot renew.</param>
/// <param name="Entries">Nodes, and agents by site and day.</param>
internal sealed record HorizonView(bool Healthy, IReadOnlyList<HorizonEntryView> Entries);

/// <summary>Some nodes that become unreachable together; <c>trouble</c> says why this will not mend itself.</summary>
internal sealed record HorizonEntryView(string Kind, string Name, DateTimeOffset Until, long Count, string Note, string? Trouble);
