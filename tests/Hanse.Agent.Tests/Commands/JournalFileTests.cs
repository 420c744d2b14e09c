using Hanse.Agent.Commands.Journal;

namespace Hanse.Agent.Tests.Commands;

public sealed class JournalFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Torn_at_any_byte_Then_whole_records_remain_and_appending_goes_on()
    {
        JournalFile.Append(_path, RecordKind.Order, [1, 2, 3]);
        JournalFile.Append(_path, RecordKind.Taken, []);
        var whole = new FileInfo(_path).Length;
        JournalFile.Append(_path, RecordKind.Outcome, [4, 5, 6, 7]);
        var bytes = File.ReadAllBytes(_path);
        for (var length = whole; length < bytes.Length; length++)
        {
            File.WriteAllBytes(_path, bytes[..(int)length]);
            Assert.Equal([RecordKind.Order, RecordKind.Taken], JournalFile.Recover(_path).Select(r => r.Kind));
            JournalFile.Append(_path, RecordKind.Acknowledged, []);
            Assert.Equal([RecordKind.Order, RecordKind.Taken, RecordKind.Acknowledged], JournalFile.Read(_path).Select(r => r.Kind));
        }
    }

    [Fact]
    public void Grown_but_not_written_Then_the_zeros_are_no_records()
    {
        JournalFile.Append(_path, RecordKind.Order, [1]);
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(file.Length + 4096);
        }

        Assert.Single(JournalFile.Recover(_path));
    }

    [Fact]
    public void Flipped_bit_Then_that_record_and_what_follows_are_gone()
    {
        JournalFile.Append(_path, RecordKind.Order, [1, 2, 3]);
        JournalFile.Append(_path, RecordKind.Outcome, [4]);
        var bytes = File.ReadAllBytes(_path);
        bytes[10] ^= 1;
        File.WriteAllBytes(_path, bytes);
        Assert.Empty(JournalFile.Recover(_path));
    }

    public void Dispose() => File.Delete(_path);
}
