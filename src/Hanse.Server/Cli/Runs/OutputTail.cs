using System.Text;

namespace Hanse.Server.Cli.Runs;

/// <summary>One stream of an execution: how far it was printed.</summary>
internal sealed class OutputTail(string name, TextWriter writer)
{
    // A character may be cut between two pieces.
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public string Name { get; } = name;

    /// <summary>Bytes printed.</summary>
    public long Offset { get; private set; }

    public bool Complete { get; set; }

    public void Write(byte[] data)
    {
        var characters = new char[Encoding.UTF8.GetMaxCharCount(data.Length)];
        var count = _decoder.GetChars(data, 0, data.Length, characters, 0, flush: false);
        writer.Write(characters, 0, count);
        writer.Flush();
        Offset += data.Length;
    }
}
