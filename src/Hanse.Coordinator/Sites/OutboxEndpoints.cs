using Google.Protobuf;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Sites;

/// <summary>A site's outbox, asked of the site over its link. Nothing of it is kept here.</summary>
internal static class OutboxEndpoints
{
    private const int ReasonLimit = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static void MapOutbox(this RouteGroupBuilder api)
    {
        var outbox = api.MapGroup("/sites/{site}/outbox").WithTags("Sites");
        outbox.MapGet("", ListAsync).WithName("ListOutbox").WithSummary("What waits at a site for the coordinator, and what was set aside")
            .RequireAuthorization(AccessPolicies.Viewer);
        outbox.MapGet("/{id}", ShowAsync).WithName("GetOutboxEntry").WithSummary("One entry with its content").RequireAuthorization(AccessPolicies.Viewer);
        outbox.MapPost("/{id}/retry", RetryAsync).WithName("RetryOutboxEntry").WithSummary("Send an entry that was set aside again, under a new number")
            .RequireAuthorization(AccessPolicies.Administrator);
        outbox.MapPost("/{id}/drop", DropAsync).WithName("DropOutboxEntry").WithSummary("Let an entry go that was set aside")
            .RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Results<Ok<Page<OutboxEntryView>>, ProblemHttpResult>> ListAsync(
        string site, string? status, string? cursor, int? limit, ISites sites, ISiteChannel channel, CancellationToken cancellation)
    {
        var query = new OutboxQuery { Filter = status ?? "", After = cursor ?? "", Limit = (uint)Math.Clamp(limit ?? 100, 1, 1000) };
        var (page, row, problem) = await AskAsync<OutboxPage>(site, Method.OutboxList, query, sites, channel, cancellation);
        return page is null ? problem! : TypedResults.Ok(new Page<OutboxEntryView>(
            [.. page.Entries.Select(e => OutboxEntryView.Of(e, row!.Name))], page.More ? page.Entries[^1].Id : null));
    }

    private static async Task<Results<Ok<OutboxEntryContent>, ProblemHttpResult>> ShowAsync(
        string site, string id, ISites sites, ISiteChannel channel, CancellationToken cancellation)
    {
        var (found, row, problem) = await AskAsync<OutboxEntryDetail>(site, Method.OutboxShow, new OutboxEntryQuery { Id = id }, sites, channel, cancellation);
        return found is null ? problem!
            : TypedResults.Ok(new OutboxEntryContent(OutboxEntryView.Of(found.Entry, row!.Name), System.Text.Json.JsonDocument.Parse(found.Json).RootElement));
    }

    private static Task<Results<NoContent, ProblemHttpResult>> RetryAsync(
        string site, string id, SiteReasonRequest request, ActorContext actor, OutboxActions actions, ISites sites, CancellationToken cancellation) =>
        SettleAsync(site, new OutboxSettlement { Id = id, Actor = actor.Account, Reason = request.Reason }, actor, actions, sites, cancellation);

    private static Task<Results<NoContent, ProblemHttpResult>> DropAsync(
        string site, string id, SiteReasonRequest request, ActorContext actor, OutboxActions actions, ISites sites, CancellationToken cancellation) =>
        SettleAsync(site, new OutboxSettlement { Id = id, Drop = true, Actor = actor.Account, Reason = request.Reason }, actor, actions, sites, cancellation);

    private static async Task<Results<NoContent, ProblemHttpResult>> SettleAsync(
        string site, OutboxSettlement wish, ActorContext actor, OutboxActions actions, ISites sites, CancellationToken cancellation)
    {
        if (wish.Reason.Length > ReasonLimit || wish.Reason.Any(char.IsControl) || wish.Id.Length > ReasonLimit)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "reason", $"reason is one line of at most {ReasonLimit} characters.");
        }

        if (await sites.FindAsync(site, cancellation) is not { } row)
        {
            return UnknownSite.Problem();
        }

        return await actions.SettleAsync(row, wish, actor.ForAudit(), Patience, cancellation) is { } failure ? Problem(row, failure) : TypedResults.NoContent();
    }

    private static async Task<(T? Reply, SiteRow? Row, ProblemHttpResult? Problem)> AskAsync<T>(
        string site, Method method, IMessage question, ISites sites, ISiteChannel channel, CancellationToken cancellation) where T : class, IMessage<T>, new()
    {
        if (await sites.FindAsync(site, cancellation) is not { } row)
        {
            return (null, null, UnknownSite.Problem());
        }

        var reply = await channel.RequestAsync<T>(row.SiteId, method, question, Patience, cancellation);
        return (reply.Value, row, reply.Failure is { } failure ? Problem(row, failure) : null);
    }

    private static ProblemHttpResult Problem(SiteRow site, SiteFailure failure) => failure.Code switch
    {
        ErrorCodes.SiteOffline => Problems.Unavailable(
            failure.Code, $"{site.Name} is not connected, and only it knows its outbox. On its machine: hanse outbox list --address unix:/path/to/site.sock"),
        ErrorCodes.SiteTimeout => Problems.TimedOut(failure.Code, $"{site.Name} did not answer in {Patience.TotalSeconds:0} s."),
        ErrorCodes.OutboxEntryNotFound or ErrorCodes.NotFound => Problems.NotFound(
            ErrorCodes.OutboxEntryNotFound, $"The outbox of {site.Name} has no entry of this id; it may have been taken or settled meanwhile.", "id"),
        ErrorCodes.OutboxEntryNotSetAside => Problems.Conflict(failure.Code, failure.Message, "id"),
        ErrorCodes.SiteSuspended => Problems.Conflict(failure.Code, failure.Message, "site"),
        ErrorCodes.MalformedMessage => Problems.Invalid(ErrorCodes.RequestInvalid, "status", failure.Message),
        _ => Problems.SiteRefused(failure.Code, $"{site.Name} refused: {failure.Message}"),
    };
}

/// <summary>One entry of a site's outbox.</summary>
internal sealed record OutboxEntryView(
    string Id, string Site, string Class, string Status, string Kind, string Subject, DateTimeOffset CreatedAt, long? Sequence, string? Code, string? Message, long Size)
{
    public static OutboxEntryView Of(OutboxEntry entry, string site) => new(
        entry.Id, site, entry.Class.ToString().ToLowerInvariant(), entry.Status, entry.Kind, entry.Subject,
        DateTimeOffset.FromUnixTimeMilliseconds(entry.CreatedUnixMs), entry.Sequence == 0 ? null : (long)entry.Sequence,
        entry.Code.Length > 0 ? entry.Code : null, entry.Message.Length > 0 ? entry.Message : null, entry.Size);
}

/// <summary>An entry and what it says.</summary>
internal sealed record OutboxEntryContent(OutboxEntryView Entry, System.Text.Json.JsonElement Content);
