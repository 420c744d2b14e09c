using System.Text;
using Hanse.Gateway.Hello;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Hello;

public sealed class ClientHelloTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(600)]
    public void Read_every_prefix_is_incomplete_and_needed_is_reachable_and_more(int each)
    {
        var wire = HelloBytes.Split(HelloBytes.MakeOfSize("a.example.org", 500), each);
        for (var length = 0; length < wire.Length; length++)
        {
            var (verdict, needed) = ReadNeeded(wire.AsSpan(0, length));
            Assert.Equal(HelloVerdict.Incomplete, verdict);
            Assert.InRange(needed, length + 1, wire.Length);
        }

        Assert.Equal((HelloVerdict.Complete, "a.example.org"), Read(wire));
    }

    /// <summary>A relay reads again when what is needed is there: each record for itself would be work that grows with the square of them.</summary>
    [Fact]
    public void Read_hello_in_records_of_a_byte_few_readings()
    {
        var wire = HelloBytes.Split(HelloBytes.MakeOfSize("a.example.org", 5_400), 1);
        var (there, readings) = (0, 0);
        while (ReadNeeded(wire.AsSpan(0, there)) is (HelloVerdict.Incomplete, var needed))
        {
            Assert.InRange(needed, there + 1, wire.Length);
            (there, readings) = (needed, readings + 1);
        }

        Assert.Equal(wire.Length, there);
        Assert.InRange(readings, 1, 100);
    }

    [Fact]
    public void Read_no_server_name_complete_and_empty()
    {
        Assert.Equal((HelloVerdict.Complete, ""), Read(HelloBytes.Make(null)));
        byte[] withoutExtensions = [1, 0, 0, 41, 3, 3, .. new byte[32], 0, 0, 2, 0, 47, 1, 0];
        Assert.Equal((HelloVerdict.Complete, ""), Read(HelloBytes.Record(withoutExtensions)));
    }

    [Fact]
    public void Read_largest_hello_complete_and_a_byte_more_too_large()
    {
        Assert.Equal((HelloVerdict.Complete, "a.b"), Read(HelloBytes.Split(HelloBytes.MakeOfSize("a.b", ClientHello.Longest), 16384)));
        Assert.Equal((HelloVerdict.Complete, "a.b"), Read(HelloBytes.Split(HelloBytes.MakeOfSize("a.b", ClientHello.Longest), 1000)));
        var larger = HelloBytes.Split(HelloBytes.MakeOfSize("a.b", ClientHello.Longest + 1), 1000);
        Assert.Equal(HelloVerdict.TooLarge, Read(larger).Verdict);
        // Its header is enough: nobody waits for the rest.
        Assert.Equal(HelloVerdict.TooLarge, Read(larger[..9]).Verdict);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("G")]
    [InlineData("\u0080\u002e\u0001")]
    [InlineData("\0")]
    public void Read_other_protocol_not_tls(string text) => Assert.Equal(HelloVerdict.NotTls, Read(Encoding.Latin1.GetBytes(text)).Verdict);

    [Fact]
    public void Read_rules_broken_malformed()
    {
        Assert.Equal(HelloVerdict.Malformed, Read([22, 3, 1, 0, 0]).Verdict);
        Assert.Equal(HelloVerdict.Malformed, Read([22, 3, 1, 0, 4, 2, 0, 0, 1]).Verdict);
        Assert.Equal(HelloVerdict.Malformed, Read([22, 3, 1, 0x40, 1]).Verdict);
        byte[] twice = [.. HelloBytes.Names("a.b"u8.ToArray()), .. HelloBytes.Names("c.d"u8.ToArray())];
        Assert.Equal(HelloVerdict.Malformed, Read(HelloBytes.Record(HelloBytes.Message(twice, 0))).Verdict);
        Assert.Equal(HelloVerdict.Malformed, Read(HelloBytes.Record(HelloBytes.Message(HelloBytes.Names([]), 0))).Verdict);
        Assert.Equal(HelloVerdict.Malformed, Read(HelloBytes.Record(HelloBytes.Message(HelloBytes.Extension(0, [0, 0]), 0))).Verdict);
        byte[] interrupted = [.. HelloBytes.Record([1, 0]), 23, 3, 3, 0, 1, 0];
        Assert.Equal(HelloVerdict.Malformed, Read(interrupted).Verdict);
    }

    /// <summary>Damage never throws, never waits for more than may come, and what is read as a name lies within the hello.</summary>
    [Fact]
    public void Read_damaged_hellos_a_verdict()
    {
        var random = Chance.Of(Chance.Seed, 1);
        var seed = HelloBytes.Split(HelloBytes.MakeOfSize("north.example.org", 400), 90);
        for (var round = 0; round < 20_000; round++)
        {
            var wire = seed.AsSpan(0, random.Next(seed.Length + 1)).ToArray();
            for (var damage = random.Next(4); damage > 0 && wire.Length > 0; damage--)
            {
                wire[random.Next(wire.Length)] = (byte)random.Next(256);
            }

            var (verdict, needed) = ReadNeeded(wire);
            Assert.True(verdict != HelloVerdict.Incomplete || (needed > wire.Length && needed <= ClientHello.LongestWire));
        }
    }

    private static (HelloVerdict Verdict, string Name) Read(byte[] wire)
    {
        var reading = ClientHello.Read(wire, new byte[ClientHello.Longest]);
        return (reading.Verdict, Encoding.ASCII.GetString(reading.Name));
    }

    private static (HelloVerdict Verdict, int Needed) ReadNeeded(ReadOnlySpan<byte> wire)
    {
        var reading = ClientHello.Read(wire, new byte[ClientHello.Longest]);
        return (reading.Verdict, reading.Needed);
    }
}
