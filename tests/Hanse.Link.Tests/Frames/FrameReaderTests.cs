using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Tests.Frames;

/// <summary>Any bytes give a frame or a fault (L4). A failing seed is printed by FsCheck.</summary>
public class FrameReaderTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300);

    [Fact]
    public void Read_random_bytes_is_a_frame_or_a_typed_fault() => Check.One(Thorough, Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes => IsFrameOrFault(FrameReader.Read(bytes))));

    [Fact]
    public void Read_what_was_written_is_the_same_envelope() => Check.One(Thorough, Prop.ForAll(
        Envelopes.ToArbitrary(),
        envelope => envelope.Equals(FrameReader.Read(envelope.ToByteArray()).Envelope)));

    [Fact]
    public void Read_a_damaged_frame_is_a_frame_or_a_typed_fault() => Check.One(Thorough, Prop.ForAll(
        Envelopes.ToArbitrary(),
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        ArbMap.Default.ArbFor<byte>(),
        (envelope, at, value) =>
        {
            var bytes = envelope.ToByteArray();
            bytes[at % bytes.Length] = value;
            return IsFrameOrFault(FrameReader.Read(bytes)) && IsFrameOrFault(FrameReader.Read(bytes.AsSpan(0, at % bytes.Length)));
        }));

    [Theory]
    [MemberData(nameof(CorpusFiles))]
    public void Read_a_recorded_frame_is_what_its_name_says(string file)
    {
        var bytes = Convert.FromHexString(File.ReadAllText(Path.Combine(CorpusFolder, file)).Trim());

        var frame = FrameReader.Read(bytes);

        var expected = file.Split('.')[0];
        Assert.Equal(expected, frame.Envelope?.BodyCase.ToString() ?? frame.Error?.Code);
    }

    public static TheoryData<string> CorpusFiles => [.. Directory.GetFiles(CorpusFolder, "*.hex").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static string CorpusFolder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    private static bool IsFrameOrFault(Frame frame) => frame.Envelope is not null != frame.Error is { Code: ErrorCodes.MalformedFrame };

    private static Gen<ByteString> Bytes => ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => ByteString.CopyFrom(bytes));

    private static Gen<ulong> Ids => ArbMap.Default.GeneratorFor<ulong>();

    private static Gen<uint> Numbers => ArbMap.Default.GeneratorFor<uint>();

    private static Gen<Envelope> Envelopes => Gen.OneOf(
        from id in Ids from method in Numbers from payload in Bytes
        select new Envelope { Request = new Request { Id = id, Method = method, Payload = payload, TimeLeftMs = method } },
        from id in Ids from payload in Bytes select new Envelope { Response = new Response { Id = id, Payload = payload } },
        from id in Ids from payload in Bytes select new Envelope { StreamData = new StreamData { Id = id, Payload = payload } },
        from id in Ids from bytes in Numbers select new Envelope { StreamCredit = new StreamCredit { Id = id, Bytes = bytes } },
        from sequence in Ids select new Envelope { Ping = new Ping { Sequence = sequence } },
        from code in Gen.Elements("banned", "ü", "") from wait in Numbers
        select new Envelope { Goodbye = new Goodbye { Error = LinkErrors.Of(code, code), RetryAfterMs = wait } });
}
