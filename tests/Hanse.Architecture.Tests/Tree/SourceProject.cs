using System.Xml.Linq;

namespace Hanse.Architecture.Tests.Tree;

/// <summary>One project file: where it is and which projects it names.</summary>
internal sealed class SourceProject(SourceFile file)
{
    public SourceFile File { get; } = file;

    public string Name => File.Name[..^".csproj".Length];

    public string Folder => File.Folder;

    /// <summary>Names of the projects it compiles against. Those named only to be built first are no edge.</summary>
    public IReadOnlyList<string> References =>
        [.. XDocument.Parse(File.Text).Descendants("ProjectReference")
            .Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false")
            .Select(r => System.IO.Path.GetFileNameWithoutExtension(((string?)r.Attribute("Include") ?? "").Replace('\\', '/')))];

    public bool IsTest => Folder.StartsWith("tests/", StringComparison.Ordinal);
}
