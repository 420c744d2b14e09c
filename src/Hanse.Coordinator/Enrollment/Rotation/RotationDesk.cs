using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>
/// The steps of a root's rotation (T4): start publishes the next root in every site's trust set; switch lets it issue once every node trusts it; finish
/// takes the old one out once nobody depends on it; abort takes the next one out before the switch. Each step is one transaction with its audit entry
/// (invariant 6); what follows from it is done by <see cref="Federation.ReloadAsync"/>, here and at each replica, at once or after a crash.
/// </summary>
internal sealed class RotationDesk(
    Federation federation, RotationStore store, RotationReader reader, ISites sites, IBans bans, IAuditLog audit, NodeServerOptions options)
{
    private const int NamesShown = 5;

    public Task<RotationOutcome> StartAsync(ActorContext actor, CancellationToken cancellation) => StepAsync(async (transaction, last) =>
    {
        if (last is { IsUnderWay: true })
        {
            return Refuse(ErrorCodes.RotationRunning,
                $"A rotation to root {last.New[..16]}… is under way since {last.StartedAt:u}, started by {last.StartedBy}. `hanse trust rotate status` shows it; "
                + $"{(last.State == RotationPhase.Published ? "`switch` and `finish` go on with it, `abort` takes it back" : "`finish` ends it")}.");
        }

        var (root, key, succession) = federation.CreateNextRoot();
        await store.StartAsync(transaction, federation.RootKey, root, key, succession, actor.Account, cancellation);
        return Done("start", ("newRoot", key.ToString()), ("oldRoot", federation.RootKey.ToString()));
    }, actor, cancellation);

    /// <param name="skip">What is not waited for.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellation">Ends the attempt; nothing is changed then.</param>
    public Task<RotationOutcome> SwitchAsync(RotationSkip skip, ActorContext actor, CancellationToken cancellation) => StepAsync(async (transaction, last) =>
    {
        if (last is not { State: RotationPhase.Published })
        {
            return last is { State: RotationPhase.Switched }
                ? Refuse(ErrorCodes.RotationSwitched, $"Root {last.New[..16]}… issues already, since {last.SwitchedAt:u}. `hanse trust rotate finish` is the next step.")
                : None();
        }

        var (held, unreachable) = await HeldAsync(last, skip, cancellation);
        if (held is not null)
        {
            return held;
        }

        await store.SwitchAsync(transaction, last.Id, cancellation);
        return Done("switch", ("newRoot", last.New), ("skipped", string.Join("; ", unreachable))) with { Unreachable = unreachable };
    }, actor, cancellation);

    /// <param name="skip">What is not waited for: it cannot come back by its old certificate, and must join again.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellation">Ends the attempt; nothing is changed then.</param>
    public Task<RotationOutcome> FinishAsync(RotationSkip skip, ActorContext actor, CancellationToken cancellation) => StepAsync(async (transaction, last) =>
    {
        if (last is not { State: RotationPhase.Switched })
        {
            return last is { State: RotationPhase.Published }
                ? Refuse(ErrorCodes.RotationNotReady, "The new root does not issue yet. `hanse trust rotate switch` comes first; `abort` takes it back.")
                : None();
        }

        var (held, unreachable) = await HeldAsync(last, skip, cancellation);
        if (held is not null)
        {
            return held;
        }

        if (!federation.IsOfRoot(federation.Server.Value.Chain[0]))
        {
            return Refuse(ErrorCodes.RotationNotReady, "The coordinator has not renewed its own certificate under the new root yet. Try again in a few seconds.");
        }

        await store.FinishAsync(transaction, last.Id, cancellation);
        if (federation.Trust.Value.Revocations.Signed is not null)
        {
            // The list in force may be signed by a certificate of the old root, which proves nothing any more.
            await bans.IssueAsync(transaction, cancellation);
        }

        return Done("finish", ("oldRoot", last.Old), ("newRoot", last.New), ("skipped", string.Join("; ", unreachable))) with { Unreachable = unreachable };
    }, actor, cancellation);

    public Task<RotationOutcome> AbortAsync(ActorContext actor, CancellationToken cancellation) => StepAsync(async (transaction, last) =>
    {
        if (last is not { State: RotationPhase.Published })
        {
            return last is { State: RotationPhase.Switched }
                ? Refuse(ErrorCodes.RotationSwitched, $"Root {last.New[..16]}… issues since {last.SwitchedAt:u}, so this rotation cannot be taken back. Finish it, then rotate anew.")
                : None();
        }

        await store.AbortAsync(transaction, last.Id, cancellation);
        return Done("abort", ("newRoot", last.New));
    }, actor, cancellation);

    private async Task<RotationOutcome> StepAsync(Func<NpgsqlTransaction, RotationRow?, Task<RotationOutcome>> step, ActorContext actor, CancellationToken cancellation)
    {
        // The keys in memory must be those of the rows that the step is decided on.
        await federation.ReloadAsync(cancellation);
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var outcome = await step(transaction, await store.LockAsync(transaction, cancellation));
        if (outcome.Problem is not null)
        {
            return outcome;
        }

        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(
            connection, transaction, new AuditEvent($"trust.rotate.{outcome.Step}", actor.ForAudit()) { Outcome = "done", Detail = outcome.Detail }, cancellation);
        await transaction.CommitAsync(cancellation);
        await federation.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Why the step must wait, or whom it leaves behind.</summary>
    private async Task<(RotationOutcome? Held, IReadOnlyList<string> Unreachable)> HeldAsync(RotationRow rotation, RotationSkip skip, CancellationToken cancellation)
    {
        var holding = (await reader.NodesAsync(rotation, cancellation)).Where(n => n.State != Rotation.RotationState.Ready).ToList();
        var waitedFor = skip.All ? [] : holding.Where(n => !skip.Sites.Any(s => n.Name.Equals(s, StringComparison.OrdinalIgnoreCase) || s == n.Site.ToString())).ToList();
        if (waitedFor.Count == 0)
        {
            return (null, [.. holding.Select(Describe)]);
        }

        var shown = string.Join("; ", waitedFor.Take(NamesShown).Select(Describe)) + (waitedFor.Count > NamesShown ? $"; and {waitedFor.Count - NamesShown} more" : "");
        return (Refuse(ErrorCodes.RotationNotReady,
            $"Not ready: {shown}. Wait for them (`hanse trust rotate status`), or go on without them: --skip SITE for each, or --force."), []);
    }

    private static string Describe(RotationNode node)
    {
        var names = string.Join(", ", node.Hosts.Take(NamesShown).Select(h => h.Hostname.Length > 0 ? h.Hostname : h.Id.ToString()));
        return $"{node.Name} ({node.Why}{(names.Length > 0 ? $": {names}{(node.Waiting > NamesShown ? ", …" : "")}" : "")})";
    }

    private static RotationOutcome None() =>
        Refuse(ErrorCodes.RotationNone, "No rotation is under way. `hanse trust rotate start` begins one.");

    private static RotationOutcome Refuse(string code, string detail) => new("", Problems.Conflict(code, detail), new Dictionary<string, string>());

    private static RotationOutcome Done(string step, params (string Key, string Value)[] detail) =>
        new(step, null, detail.Where(d => d.Value.Length > 0).ToDictionary(d => d.Key, d => d.Value, StringComparer.Ordinal));
}

/// <summary>Sites that a step does not wait for, themselves and their agents; or all that are not ready.</summary>
internal sealed record RotationSkip(IReadOnlyList<string> Sites, bool All);

/// <summary>A step that was done, or why it was not: then nothing has changed.</summary>
internal sealed record RotationOutcome(string Step, ProblemHttpResult? Problem, IReadOnlyDictionary<string, string> Detail)
{
    /// <summary>Who is left behind.</summary>
    public IReadOnlyList<string> Unreachable { get; init; } = [];
}
