using Hanse.Audit.Checkpoints;

namespace Hanse.Audit.Witnessing;

/// <summary>Everything that can be said against this node's log: what verification finds, what witnesses say, and whether the newest checkpoint is
/// signed by this node under the federation's roots.</summary>
public sealed class AuditCheck(AuditVerifier verifier, AuditStandings standings, CheckpointStore checkpoints, IAuditIdentity identity)
{
    public async Task<AuditCheckView> RunAsync(Func<string, string> nameOf, CancellationToken cancellation)
    {
        var found = await verifier.VerifyAsync(cancellation);
        var standing = await standings.ReadAsync(cancellation);
        var problems = standing.Problems(nameOf).ToList();
        if (await checkpoints.NewestAsync(cancellation) is var (_, newest)
            && SignatureCheck.Judge(newest, await checkpoints.CertificatesAsync(cancellation), identity.Trust.Roots).Fault is { } fault)
        {
            problems.Add(fault);
        }

        return new(
            found.Entries, found.Ok && problems.Count == 0, found.FirstBad, found.Why ?? problems.FirstOrDefault(), found.Root, found.Earlier, standing.Checkpoint, standing.Witnesses, problems);
    }
}

/// <param name="Entries">How many entries were read.</param>
/// <param name="Ok">True if every entry is what was written, none is missing or added, and no witness says otherwise.</param>
/// <param name="FirstBad">Number of the first entry that is not as it was written; null if none or if no single one is to blame.</param>
/// <param name="Why">What is wrong, for people.</param>
/// <param name="Root">Merkle root over the entries of the current log, hexadecimal.</param>
/// <param name="Earlier">What is wrong with logs that a recovery ended (A4).</param>
/// <param name="Checkpoint">The newest signed checkpoint.</param>
/// <param name="Witnesses">Who cosigns, and up to where.</param>
/// <param name="Problems">What witnesses and signatures say against the log.</param>
public sealed record AuditCheckView(
    long Entries, bool Ok, long? FirstBad, string? Why, string? Root, string? Earlier, CheckpointView? Checkpoint, IReadOnlyList<WitnessView> Witnesses,
    IReadOnlyList<string> Problems);
