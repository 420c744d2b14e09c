namespace Hanse.Audit;

/// <summary>What <see cref="AuditVerifier"/> found.</summary>
/// <param name="Entries">How many entries were read.</param>
/// <param name="Ok">True if every entry is what was written, and none is missing or added.</param>
/// <param name="FirstBad">Number of the first entry that is not; null if all agree with their hashes but not with the log's
/// root, which then names no single entry.</param>
/// <param name="Why">What is wrong, for people.</param>
/// <param name="Root">Merkle root over the entries of the current log, hexadecimal.</param>
/// <param name="Earlier">What is wrong with logs that a recovery ended (A4): it is known, and stays to be seen.</param>
public sealed record AuditVerification(long Entries, bool Ok, long? FirstBad, string? Why, string? Root, string? Earlier = null);
