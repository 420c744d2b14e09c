using System.Reflection;

namespace Hanse.TestKit.Hellos;

/// <summary>A ClientHello that a real program said, as it was on the wire. <c>Corpus/README.md</c> tells how each was recorded, and how to record them anew.</summary>
/// <param name="Key">Names it, and its file.</param>
/// <param name="Program">The program and its version.</param>
/// <param name="Arguments">What it was told; <c>PORT</c> stands for the recorder's port.</param>
/// <param name="Name">The server name in normal form; empty for a hello without one. No two hellos with a name have the same.</param>
/// <param name="Wire">From the connection's first byte to the end of the record in which the hello ends.</param>
public sealed record RecordedHello(string Key, string Program, string Arguments, string Name, byte[] Wire)
{
    private const string Ending = ".hello";

    /// <summary>All of the corpus, by key.</summary>
    public static IReadOnlyList<RecordedHello> All { get; } = Load(typeof(RecordedHello).Assembly);

    /// <summary>The handshake message without its records.</summary>
    public byte[] Message => SlowHelloReader.MessageOf(Wire);

    /// <summary>The same hello with another server name.</summary>
    public byte[] Renamed(byte[] name) => HelloBytes.Split(HelloBytes.Renamed(Message, name), 16384);

    /// <summary>Writes the file of one.</summary>
    public void Save(string folder) => File.WriteAllText(
        Path.Combine(folder, Key + Ending), $"program: {Program}\narguments: {Arguments}\nname: {Name}\n{Convert.ToHexStringLower(Wire)}\n");

    /// <summary>What such a file says.</summary>
    public static RecordedHello Parse(string key, string text)
    {
        var lines = text.Split('\n');
        return new RecordedHello(key, After(lines[0]), After(lines[1]), After(lines[2]), Convert.FromHexString(lines[3]));
    }

    private static string After(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    private static RecordedHello[] Load(Assembly assembly) =>
    [
        .. assembly.GetManifestResourceNames().Where(n => n.EndsWith(Ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return Parse(name[..^Ending.Length], reader.ReadToEnd());
        }),
    ];
}
