using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>Who is logged in, from utmp: one record of fixed length for each terminal. A record whose process is gone was left by a log-in that nobody
/// ended. A system that keeps no utmp tells nothing.</summary>
internal sealed class LogInReading(ProcFiles files)
{
    private const int Most = 16;
    private const int UserProcess = 7;

    // glibc keeps 32-bit times in utmp where 32-bit programs share it; elsewhere the record is longer.
    private static readonly bool Long = RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.S390x or Architecture.Ppc64le);
    private static readonly int RecordBytes = Long ? 400 : 384;

    internal void Read(MetricsSample sample, bool names)
    {
        // A copy: the buffer is read into again to see whether a process lives.
        var records = files.Read("/run/utmp").ToArray().AsSpan();
        if (records.IsEmpty)
        {
            return;
        }

        var count = 0u;
        var logins = new List<LogIn>();
        for (; records.Length >= RecordBytes; records = records[RecordBytes..])
        {
            var pid = BinaryPrimitives.ReadInt32LittleEndian(records[4..]);
            if (BinaryPrimitives.ReadInt16LittleEndian(records) != UserProcess || pid <= 0 || files.ReadOf(pid, "/stat"u8).IsEmpty)
            {
                continue;
            }

            count++;
            if (names)
            {
                logins.Add(new LogIn
                {
                    Terminal = Text(records.Slice(8, 32)), User = Text(records.Slice(44, 32)), From = Text(records.Slice(76, 256)),
                    SinceUnixS = Long ? BinaryPrimitives.ReadInt64LittleEndian(records[344..]) : BinaryPrimitives.ReadUInt32LittleEndian(records[340..]),
                });
            }
        }

        sample.LoginsCount = count;
        sample.Logins.AddRange(logins.OrderByDescending(l => l.SinceUnixS).ThenBy(l => l.Terminal, StringComparer.Ordinal).Take(Most));
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}
