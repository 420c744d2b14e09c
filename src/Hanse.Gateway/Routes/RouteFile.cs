using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Hanse.Gateway.Routes;

/// <summary>A file of static routes, read whole or refused with every problem's line and key.</summary>
/// <param name="Routes">In the order of the file.</param>
internal sealed record RouteFile(IReadOnlyList<RouteSpec> Routes)
{
    private const int LargestFile = 16 * 1024 * 1024;

    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static (RouteFile? File, IReadOnlyList<RouteFileProblem> Problems) Load(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
        {
            return (null, [new RouteFileProblem(path, 1, "", "the file is larger than 16 MiB; no file of routes is")]);
        }

        return Parse(path, File.ReadAllText(path));
    }

    internal static (RouteFile? File, IReadOnlyList<RouteFileProblem> Problems) Parse(string name, string text)
    {
        var reader = new RouteFileReader(name);
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            IReadOnlyList<RouteSpec> routes = stream.Documents is [{ RootNode: YamlMappingNode root }] ? reader.Read(root) : reader.NoMapping();
            return reader.Problems.Count == 0 ? (new RouteFile(routes), []) : (null, reader.Problems);
        }
        catch (YamlException broken)
        {
            return (null, [new RouteFileProblem(name, broken.Start.Line, "", $"not valid YAML: {broken.Message.TrimEnd('.')}; check indentation (spaces, no tabs), quotes and doubled keys")]);
        }
    }
}
