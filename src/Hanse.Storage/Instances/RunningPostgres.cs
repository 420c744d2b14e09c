namespace Hanse.Storage.Instances;

/// <summary>A PostgreSQL that takes connections, and whether it was found so rather than started.</summary>
internal readonly record struct RunningPostgres(PostmasterFile Process, bool Adopted);
