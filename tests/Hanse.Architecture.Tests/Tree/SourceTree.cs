using System.Reflection;

namespace Hanse.Architecture.Tests.Tree;

/// <summary>The files a rule looks at: the repository's, or a few planted ones.</summary>
internal sealed class SourceTree
{
    private static readonly HashSet<string> Skipped =
        new(StringComparer.Ordinal) { "bin", "obj", "artifacts", "node_modules", ".git", ".data", "TestResults", ".vs", ".idea" };

    private static readonly HashSet<string> Text = new(StringComparer.Ordinal)
    {
        ".cs", ".csproj", ".slnx", ".props", ".targets", ".json", ".md", ".sql", ".proto", ".txt", ".sh", ".yaml", ".yml", ".editorconfig", "",
    };

    private static readonly Lazy<SourceTree> LazyRepository = new(Load);

    private readonly Dictionary<string, SourceFile> _files;

    public SourceTree(IEnumerable<SourceFile> files)
    {
        _files = files.ToDictionary(f => f.Path, StringComparer.Ordinal);
        Projects = [.. Files.Where(f => f.Path.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => new SourceProject(f)).OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    /// <summary>This checkout, read once; what the executables ship is found under <c>built/</c>.</summary>
    public static SourceTree Repository => LazyRepository.Value;

    public IEnumerable<SourceFile> Files => _files.Values;

    /// <summary>C# written by people: of the products, the benchmarks, the tooling and the tests.</summary>
    public IEnumerable<SourceFile> CSharp => Files.Where(f => f.IsCSharp);

    public IReadOnlyList<SourceProject> Projects { get; }

    public SourceFile? Find(string path) => _files.GetValueOrDefault(path);

    private static SourceTree Load()
    {
        var root = FindRoot();
        var files = Walk(new DirectoryInfo(root))
            .Select(f => new SourceFile(System.IO.Path.GetRelativePath(root, f.FullName).Replace('\\', '/'), File.ReadAllText(f.FullName)));
        return new SourceTree(files.Concat(Built(root)));
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Hanse.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No Hanse.slnx above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Where(f => Text.Contains(f.Extension) || f.Name.StartsWith('.'))
            .Concat(folder.EnumerateDirectories().Where(d => !Skipped.Contains(d.Name)).SelectMany(Walk));

    /// <summary>The manifests that the build wrote beside each executable, of the configuration that these tests were built in.</summary>
    private static IEnumerable<SourceFile> Built(string root)
    {
        var configuration = typeof(SourceTree).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        foreach (var (project, exe) in new[] { ("Server", "hanse"), ("Agent", "hanse-agent"), ("Gateway", "hanse-gateway") })
        {
            foreach (var kind in new[] { "deps", "runtimeconfig" })
            {
                var path = System.IO.Path.Combine(root, "src", "Hanse." + project, "bin", configuration, "net10.0", $"{exe}.{kind}.json");
                if (File.Exists(path))
                {
                    yield return new SourceFile($"built/{exe}.{kind}.json", File.ReadAllText(path));
                }
            }
        }
    }
}
