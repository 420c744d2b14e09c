using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Makes a corpus of what real nodes said: of each kind a few, small ones first, and without what is this machine's own business.</summary>
internal static class Recording
{
    private const int OfEachKind = 3;
    private const int MostBytes = 3000;

    public static void Save(IReadOnlyList<(FrameWay Way, byte[] Bytes)> heard)
    {
        var folder = Path.Combine(Checkout.Root, "tests/Hanse.Fuzz.Tests/Corpus");
        foreach (var way in heard.GroupBy(f => f.Way))
        {
            var kinds = way.Select(f => Anonymous(f.Bytes)).Where(b => b.Length <= MostBytes)
                .Select(bytes => (Kind: KindOf(bytes), Bytes: bytes)).GroupBy(f => f.Kind, StringComparer.Ordinal)
                .SelectMany(g => g.DistinctBy(f => f.Bytes.Length).OrderBy(f => f.Bytes.Length).Take(OfEachKind));
            RecordedFrames.Save(folder, way.Key, [.. kinds.OrderBy(f => f.Kind, StringComparer.Ordinal)]);
        }
    }

    private static string KindOf(byte[] bytes)
    {
        var envelope = Envelope.Parser.ParseFrom(bytes);
        return envelope.BodyCase == Envelope.BodyOneofCase.Request ? ((Method)envelope.Request.Method).ToString() : envelope.BodyCase.ToString();
    }

    /// <summary>The first row of each list in a section, and another name of the same length for the machine.</summary>
    private static byte[] Anonymous(byte[] bytes)
    {
        var envelope = Envelope.Parser.ParseFrom(bytes);
        if (envelope.Request is { Method: (uint)Method.InventoryReport } request)
        {
            var report = InventoryReport.Parser.ParseFrom(request.Payload);
            foreach (var section in report.Sections)
            {
                section.Body = ByteString.CopyFromUtf8(Shortened(section.Body.ToStringUtf8()));
                section.Hash = ByteString.CopyFrom(SHA256.HashData(section.Body.Span));
            }

            request.Payload = report.ToByteString();
        }

        var name = Environment.MachineName;
        return Replaced(envelope.ToByteArray(), Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes("web".PadRight(name.Length, '1')[..name.Length]));
    }

    private static string Shortened(string json)
    {
        if (json.Length == 0 || JsonNode.Parse(json) is not JsonArray { Count: > 1 } rows)
        {
            return json;
        }

        return new JsonArray(rows[0]!.DeepClone()).ToJsonString();
    }

    private static byte[] Replaced(byte[] bytes, byte[] old, byte[] with)
    {
        for (var at = bytes.AsSpan().IndexOf(old); at >= 0; at = bytes.AsSpan().IndexOf(old))
        {
            with.CopyTo(bytes, at);
        }

        return bytes;
    }
}
