using System.Text;
using Hanse.Fuzz.Tests.Frames;
using Hanse.Gateway.Hello;
using Hanse.Gateway.Routes;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Fuzz.Tests.Hellos;

/// <summary>Whatever a client says first, the relay's reader says what a slow reading of the RFCs says, however the bytes come, and takes no memory for it. Seeded with
/// what real programs say.</summary>
public sealed class ClientHelloFuzzTests
{
    private const int Cases = 20_000;
    private readonly byte[] _scratch = new byte[ClientHello.Longest];

    [Fact]
    public void Read_a_damaged_hello_says_what_the_slow_reader_says_and_allocates_nothing()
    {
        var seen = new int[Enum.GetValues<HelloVerdict>().Length];
        _ = Read(RecordedHello.All[0].Wire); // compiled by now
        for (var number = 0; number < Rounds; number++)
        {
            var wire = HelloMutator.Mutate(RecordedHello.All, Chance.Of(Chance.Seed, number));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reading = ClientHello.Read(wire, _scratch);
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            var (verdict, name, needed) = (reading.Verdict, Encoding.Latin1.GetString(reading.Name), reading.Needed);
            seen[(int)verdict]++;

            Check(taken == 0, $"took {taken} bytes", number, wire);
            Check(verdict != HelloVerdict.Incomplete || (needed > wire.Length && needed <= ClientHello.LongestWire), $"needs {needed} of {wire.Length}", number, wire);
            var slow = SlowHelloReader.Read(wire);
            var same = slow.Kind switch
            {
                SlowHelloReader.Kind.Complete => verdict == HelloVerdict.Complete && name == slow.Name,
                // What cannot be whole within the bound is told before it comes.
                SlowHelloReader.Kind.Incomplete => verdict is HelloVerdict.Incomplete or HelloVerdict.TooLarge,
                _ => verdict is HelloVerdict.NotTls or HelloVerdict.Malformed or HelloVerdict.TooLarge,
            };
            Check(same, $"is {verdict} '{name}' and should be {slow.Kind} '{slow.Name}'", number, wire);
        }

        Assert.All(seen, count => Assert.True(count > 0, $"verdicts {string.Join(',', seen)}; {Chance.Repeat("fuzz")}"));
    }

    [Fact]
    public void Read_in_parts_or_in_other_records_says_what_the_whole_says()
    {
        for (var number = 0; number < Rounds; number++)
        {
            var dice = Chance.Of(Chance.Seed, number);
            var wire = HelloMutator.Mutate(RecordedHello.All, dice);
            var whole = Read(wire);
            var part = Read(wire.AsSpan(0, dice.Next(wire.Length + 1)));
            Check(part.Verdict == HelloVerdict.Incomplete || (part.Verdict == whole.Verdict && part.Name == whole.Name), $"is {whole.Verdict}, its first part {part.Verdict}", number, wire);

            // Nobody sleeps over a whole hello: below what was said to be needed there is none.
            var asked = part.Verdict == HelloVerdict.Incomplete && part.Needed <= wire.Length ? Read(wire.AsSpan(0, part.Needed - 1)).Verdict : HelloVerdict.Incomplete;
            Check(asked != HelloVerdict.Complete, $"is {asked} below the {part.Needed} bytes that it was said to need", number, wire);
            if (whole.Verdict == HelloVerdict.Complete)
            {
                var message = SlowHelloReader.MessageOf(wire);
                var spread = HelloMutator.Spread(message, dice);
                Check(spread.Length > ClientHello.LongestWire || Read(spread) == whole, "has another name in other records", number, wire);
                Check(Read([.. wire, .. ByteMutator.Noise(dice, 20)]) == whole, "has another name when more follows", number, wire);
            }
        }
    }

    [Fact]
    public void Normalize_any_bytes_is_a_name_in_one_form_or_none()
    {
        var names = RecordedHello.All.Where(h => h.Name.Length > 0).SelectMany(h => new[] { Encoding.UTF8.GetBytes(h.Name), Encoding.UTF8.GetBytes(new System.Globalization.IdnMapping().GetUnicode(h.Name)) }).ToList();
        var known = 0;
        for (var number = 0; number < Rounds; number++)
        {
            var dice = Chance.Of(Chance.Seed, number);
            var wire = ByteMutator.Mutate(names[dice.Next(names.Count)], dice);
            var form = Normalize(wire);
            if (Ascii.IsValid(wire))
            {
                Check(form == Slow(Encoding.ASCII.GetString(wire)), $"is '{form}' as a name", number, wire);
            }

            if (form is not null)
            {
                known++;
                Check(form.Length is > 0 and <= ServerName.Longest && form.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'), $"is '{form}' as a name", number, wire);
                Check(Normalize(Encoding.ASCII.GetBytes(form)) == form && Normalize(Encoding.ASCII.GetBytes(form.ToUpperInvariant() + ".")) == form, $"'{form}' has another form", number, wire);
            }
        }

        Assert.InRange(known, 1, Rounds - 1);
    }

    private static int Rounds => Chance.Asked is { } asked ? Cases * (int)asked.TotalMinutes * 4 : Cases;

    private static void Check(bool holds, string what, int number, byte[] bytes) => Assert.True(holds, $"Case {number} {what}: {Convert.ToHexStringLower(bytes)}; {Chance.Repeat("fuzz")}");

    private (HelloVerdict Verdict, int Needed, string Name) Read(ReadOnlySpan<byte> wire)
    {
        var reading = ClientHello.Read(wire, _scratch);
        return (reading.Verdict, reading.Needed, Encoding.Latin1.GetString(reading.Name));
    }

    private static string? Normalize(byte[] wire)
    {
        Span<char> form = stackalloc char[ServerName.Longest + 1];
        var count = ServerName.Normalize(wire, form);
        return count < 0 ? null : new string(form[..count]);
    }

    /// <summary>The form of an ASCII name, by its labels.</summary>
    private static string? Slow(string text)
    {
        var name = (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();
        var isName = name.Length <= 253 && name.Split('.').All(label => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
        return isName ? name : null;
    }
}
