using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Tests.Fixtures;

namespace Hanse.Site.Tests.Inventory;

/// <summary>What a site keeps of a host's inventory, told over a real link and read at the socket.</summary>
public sealed class InventoryIntakeTests(SiteHost site) : IClassFixture<SiteHost>
{
    [Fact]
    public async Task Given_sections_that_are_held_When_announced_Then_only_the_changed_ones_are_wanted()
    {
        var agent = await TestAgent.OnlineAsync(site, "changed-1");
        var (packages, users) = (Of("packages", "[1]"), Of("users", "[2]"));
        Assert.Empty((await TellAsync(agent, new InventoryReport { Sections = { packages, users } })).Wanted);

        var answer = await TellAsync(agent, new InventoryReport { Unchanged = { Hash(packages), Hash(Of("users", "[3]")), Hash(Of("ports", "[]")) } });

        Assert.Equal(["users", "ports"], answer.Wanted);
    }

    [Fact]
    public async Task Given_a_full_report_When_a_section_is_absent_Then_it_is_gone()
    {
        var agent = await TestAgent.OnlineAsync(site, "full-1");
        await TellAsync(agent, new InventoryReport { Sections = { Of("packages", "[1]"), Of("users", "[2]") } });

        await TellAsync(agent, new InventoryReport { Full = true, Unchanged = { Hash(Of("packages", "[1]")) } });

        var sections = await site.GetAsync($"hosts/{agent.Host}/sections");
        Assert.Equal(["packages"], sections.EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(64, sections[0].GetProperty("hash").GetString()!.Length);
        using var gone = await site.Socket.GetAsync($"hosts/{agent.Host}/sections/users");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Given_a_body_that_was_damaged_When_told_Then_it_is_wanted_again_and_the_old_one_stays()
    {
        var agent = await TestAgent.OnlineAsync(site, "damaged-1");
        await TellAsync(agent, new InventoryReport { Sections = { Of("packages", "[1]") } });
        var damaged = Of("packages", "[2]");
        damaged.Body = ByteString.CopyFromUtf8("[9]");

        Assert.Equal(["packages"], (await TellAsync(agent, new InventoryReport { Sections = { damaged } })).Wanted);

        Assert.Equal("[1]", (await site.GetAsync($"hosts/{agent.Host}/sections/packages")).GetRawText());
    }

    [Fact]
    public async Task Given_a_section_that_could_not_be_collected_When_told_Then_its_last_body_stays_beside_the_error()
    {
        var agent = await TestAgent.OnlineAsync(site, "failing-1");
        await TellAsync(agent, new InventoryReport { Sections = { Of("services", "[1]") } });

        await TellAsync(agent, new InventoryReport { Sections = { new Section { Name = "services", Error = "systemctl is missing", CollectedUnixMs = 2 } } });

        Assert.Equal("[1]", (await site.GetAsync($"hosts/{agent.Host}/sections/services")).GetRawText());
        Assert.Equal("systemctl is missing", (await site.GetAsync($"hosts/{agent.Host}/sections"))[0].GetProperty("error").GetString());
    }

    [Fact]
    public async Task Given_a_section_of_a_later_version_When_told_Then_it_is_kept_as_it_came()
    {
        var agent = await TestAgent.OnlineAsync(site, "later-1");

        await TellAsync(agent, new InventoryReport { Sections = { Of("quantum", """{"qubits":3}""") } });

        Assert.Equal(3, (await site.GetAsync($"hosts/{agent.Host}/sections/quantum")).GetProperty("qubits").GetInt32());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a b")]
    [InlineData("../../etc")]
    public async Task Given_a_name_that_is_none_When_told_Then_it_is_refused_and_nothing_of_the_report_is_kept(string name)
    {
        var agent = await TestAgent.OnlineAsync(site, "nameless-1");

        var answer = await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { Of("packages", "[]"), Of(name, "[]") } });

        Assert.Equal(ErrorCodes.MalformedMessage, answer.Error!.Code);
        Assert.Equal(0, (await site.GetAsync($"hosts/{agent.Host}/sections")).GetArrayLength());
    }

    [Fact]
    public async Task Given_a_host_that_invents_sections_When_there_are_too_many_Then_the_rest_is_refused()
    {
        var agent = await TestAgent.OnlineAsync(site, "inventive-1");
        await TellAsync(agent, new InventoryReport { Sections = { Enumerable.Range(0, 64).Select(i => Of($"s{i}", "[]")) } });

        var answer = await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { Of("one-more", "[]") } });

        Assert.Equal(ErrorCodes.MalformedMessage, answer.Error!.Code);
        Assert.Equal(64, (await site.GetAsync($"hosts/{agent.Host}/sections")).GetArrayLength());
    }

    [Fact]
    public async Task Given_a_report_larger_than_a_frame_When_sent_Then_it_never_leaves_and_the_link_stays()
    {
        var agent = await TestAgent.OnlineAsync(site, "oversized-1");
        var large = new InventoryReport { Sections = { Of("packages", new string('x', 2 * 1024 * 1024)) } };

        var answer = await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, large);

        Assert.Equal(ErrorCodes.FrameTooLarge, answer.Error!.Code);
        Assert.Empty((await TellAsync(agent, new InventoryReport { Sections = { Of("packages", "[]") } })).Wanted);
    }

    private static Section Of(string name, string body) => new()
    {
        Name = name, Body = ByteString.CopyFromUtf8(body), CollectedUnixMs = 1,
        Hash = ByteString.CopyFrom(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body))),
    };

    private static SectionHash Hash(Section section) => new() { Name = section.Name, Hash = section.Hash };

    private static async Task<InventoryReceipt> TellAsync(TestAgent agent, InventoryReport report) =>
        (await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, report)).Value!;
}
