using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Tests.Joining;

public sealed class JoinStringTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly JoinInvitation Invitation = new()
    {
        Federation = FederationId.Parse("00112233445566778899aabbccddeeff"),
        Kind = NodeKind.Site,
        Addresses = [new NodeAddress("hq.example.org", 8443), new NodeAddress("2001:db8::1", 8443)],
        ServerName = "link.hq.example.org",
        RootPins = [SpkiHash.OfSpki([1]), SpkiHash.OfSpki([2])],
        Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)],
        Expires = Now.AddHours(24),
    };

    private static readonly string Text = JoinString.Write(Invitation);

    private static JoinStringOutcome Parse(string? text) => JoinString.Parse(text, NodeKind.Site, Now);

    [Fact]
    public void Parse_whatWasWritten_isTheSame()
    {
        var read = Assert.IsType<JoinStringOutcome.Read>(Parse(Text)).Invitation;

        Assert.Equal(Invitation.ToString(), read.ToString());
        Assert.Equal(Invitation.Addresses, read.Addresses);
        Assert.Equal(Invitation.RootPins, read.RootPins);
        Assert.Equal(Invitation.Secret, read.Secret);
        Assert.DoesNotContain("0001020304", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_anAgentsWithoutPins_isRead()
    {
        var text = JoinString.Write(Invitation with { Kind = NodeKind.Agent, RootPins = [] });

        Assert.Empty(Assert.IsType<JoinStringOutcome.Read>(JoinString.Parse(text, NodeKind.Agent, Now)).Invitation.RootPins);
    }

    public static TheoryData<string, string> Tolerated => new()
    {
        { "line break at the end", Text + "\r\n" },
        { "wrapped by a terminal", string.Join("\n  ", Text.Chunk(40).Select(c => new string(c))) },
        { "in quotes", $" \"{Text}\" " },
        { "byte order mark and zero-width space", $"\ufeff{Text}\u200b" },
        { "prefix in capitals", "HANSE1:" + Text[7..] },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public void Parse_asPasted_isRead(string how, string text) => Assert.True(Parse(text) is JoinStringOutcome.Read, how);

    public static TheoryData<string, string?, string> Damaged => new()
    {
        { "nothing", null, "join-string-unrecognized" },
        { "empty", " \n", "join-string-unrecognized" },
        { "a URL", "https://hq.example.org/", "join-string-unrecognized" },
        { "without its prefix", Text[7..], "join-string-unrecognized" },
        { "half a prefix", "hans", "join-string-unrecognized" },
        { "a later form", "hanse2:AAAA", "join-string-newer" },
        { "prefix only", "hanse1:", "join-string-truncated" },
        { "a few characters", Text[..12], "join-string-truncated" },
        { "half", Text[..(Text.Length / 2)], "join-string-truncated" },
        { "last character missing", Text[..^1], "join-string-truncated" },
        { "one character changed", Text[..60] + (Text[60] == 'A' ? 'B' : 'A') + Text[61..], "join-string-mistyped" },
        { "two characters swapped", Swap(Text, 70), "join-string-mistyped" },
        { "a character too many", Text + "A", "join-string-mistyped" },
        { "a foreign character", Text[..30] + "ä" + Text[31..], "join-string-mistyped" },
        { "all in capitals", Text.ToUpperInvariant(), "join-string-mistyped" },
        { "twice", Text + Text, "join-string-mistyped" },
        { "very long", "hanse1:" + new string('A', 1_000_000), "join-string-mistyped" },
        { "no pins", JoinString.Write(Invitation with { RootPins = [] }), "join-string-mistyped" },
        { "no address", JoinString.Write(Invitation with { Addresses = [] }), "join-string-mistyped" },
        { "server name with a slash", JoinString.Write(Invitation with { ServerName = "a/b" }), "join-string-mistyped" },
        { "for an agent", JoinString.Write(Invitation with { Kind = NodeKind.Agent }), "join-string-wrong-kind" },
        { "past", JoinString.Write(Invitation with { Expires = Now }), "join-string-expired" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Parse_damaged_saysHow(string how, string? text, string code)
    {
        var outcome = Parse(text);

        Assert.True(outcome.Code == code, $"{how}: {outcome.Code}");
        Assert.NotEqual("", outcome.Message);
    }

    [Fact]
    public void Parse_everyCut_isTruncated()
    {
        for (var length = 7; length < Text.Length; length++)
        {
            Assert.True(Parse(Text[..length]) is JoinStringOutcome.Truncated, $"cut to {length}");
        }
    }

    [Fact]
    public void Parse_everySingleChange_isNoticed()
    {
        for (var at = 7; at < Text.Length; at++)
        {
            foreach (var other in "Aa0_-".Where(c => c != Text[at]))
            {
                Assert.False(Parse(Text[..at] + other + Text[(at + 1)..]) is JoinStringOutcome.Read, $"{other} at {at}");
            }
        }
    }

    [Fact]
    public void Parse_randomDamage_neverThrowsAndNeverReads()
    {
        const int seed = 20300101;
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder(round % 2 == 0 ? Text : "hanse1:");
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                Edit(text, random);
            }

            var damaged = text.ToString();
            var outcome = Parse(damaged);
            Assert.True(outcome is not JoinStringOutcome.Read || Letters(damaged) == Letters(Text), $"seed {seed}, round {round}: {damaged}");
        }
    }

    private static void Edit(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length + 1);
        switch (random.Next(3))
        {
            case 0:
                text.Insert(at, (char)random.Next(1, 0x250));
                break;
            case 1 when at < text.Length:
                text.Remove(at, random.Next(1, Math.Min(8, text.Length - at) + 1));
                break;
            case 2 when at < text.Length:
                text[at] = (char)random.Next(1, 0x80);
                break;
        }
    }

    private static string Letters(string text) =>
        new([.. text.Where(c => !char.IsWhiteSpace(c) && c is not ('"' or '\'' or '`')).Select((c, i) => i < 7 ? char.ToLowerInvariant(c) : c)]);

    private static string Swap(string text, int from)
    {
        var at = Enumerable.Range(from, 20).First(i => text[i] != text[i + 1]);
        return text[..at] + text[at + 1] + text[at] + text[(at + 2)..];
    }
}
