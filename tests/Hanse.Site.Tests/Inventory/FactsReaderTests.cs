using System.Net;
using System.Text;
using Hanse.Site.Inventory;

namespace Hanse.Site.Tests.Inventory;

public sealed class FactsReaderTests
{
    [Fact]
    public void Read_system_names_what_the_directory_shows()
    {
        var facts = Read("system", """{"hostname":"web1","machineId":"m","bootId":"b","kernel":"6.1","os":{"id":"debian","version":"12.11","family":"linux"}}""");

        Assert.Equal(("web1", "debian 12.11", "linux", "6.1"), (facts!.Hostname, facts.Os, facts.OsFamily, facts.Kernel));
    }

    [Fact]
    public void Read_network_leaves_out_what_others_cannot_reach()
    {
        var facts = Read("network", """
            [{"name":"lo","addresses":["127.0.0.1/8","::1/128"]},
             {"name":"eth0","addresses":["192.0.2.7/24","fe80::1/64","169.254.3.4/16","2001:db8::7/64"]}]
            """);

        Assert.Equal(["192.0.2.7", "2001:db8::7"], facts!.Addresses!.Select(a => new IPAddress(a).ToString()));
    }

    [Theory]
    [InlineData("system", "not json")]
    [InlineData("system", "[1,2]")]
    [InlineData("network", "{}")]
    [InlineData("network", "[{\"addresses\":[5]}]")]
    public void Read_another_shape_changes_nothing(string section, string body) => Assert.Null(Read(section, body)?.Hostname);

    [Fact]
    public void Read_other_sections_tell_no_facts() => Assert.Null(Read("packages", "[]"));

    [Fact]
    public void Read_a_hostile_name_is_bounded_and_printable()
    {
        var facts = Read("system", $$"""{"hostname":"a\u0000b\n{{new string('x', 10_000)}}"}""");

        Assert.Equal(255, facts!.Hostname!.Length);
        Assert.DoesNotContain(facts.Hostname, char.IsControl);
    }

    private static Hanse.Site.Agents.Api.HostFacts? Read(string section, string body) => FactsReader.Read(section, Encoding.UTF8.GetBytes(body));
}
