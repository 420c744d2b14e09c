namespace Hanse.Storage.Migrations;

/// <summary>A row of <c>storage_migrations</c>.</summary>
internal sealed record AppliedMigration(int Number, string Name, string Fingerprint)
{
    public override string ToString() => $"{Number:D4}_{Name}";
}
