using Hanse.Storage.Migrations;

namespace Hanse.Storage.Tests.Migrations;

public sealed class MigrationSetTests
{
    [Fact]
    public void FromAssembly_reads_number_name_and_text_of_embedded_files()
    {
        var set = MigrationSet.FromAssembly(typeof(MigrationSetTests).Assembly);

        Assert.Equal("Hanse.Storage.Tests", set.Name);
        var migration = Assert.Single(set.Migrations);
        Assert.Equal((7, "embedded_sample", "0007_embedded_sample"), (migration.Number, migration.Name, migration.ToString()));
        Assert.Contains("create table embedded_sample", migration.Sql, StringComparison.Ordinal);
    }

    [Fact]
    public void FromAssembly_no_files_is_refused_with_what_to_add()
    {
        var error = Assert.Throws<ArgumentException>(() => MigrationSet.FromAssembly(typeof(MigrationSet).Assembly));

        Assert.Contains("EmbeddedResource", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MigrationSet_one_number_twice_is_refused_by_both_names()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new MigrationSet("fleet", [new Migration(3, "hosts", ""), new Migration(3, "sites", "")]));

        Assert.Contains("0003_hosts, 0003_sites", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fingerprint_line_ends_do_not_matter_and_text_does()
    {
        Assert.Equal(new Migration(1, "a", "x;\ny;").Fingerprint, new Migration(1, "a", "x;\r\ny;").Fingerprint);
        Assert.NotEqual(new Migration(1, "a", "x;").Fingerprint, new Migration(1, "a", "y;").Fingerprint);
    }
}
