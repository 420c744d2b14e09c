using Hanse.Architecture.Tests.Rules;
using Hanse.Architecture.Tests.Tree;

namespace Hanse.Architecture.Tests;

/// <summary>One small tree with one flaw, and words of the finding that must name it.</summary>
internal sealed record Planted(string Rule, string Title, string Says, params SourceFile[] Files)
{
    private const string Hosts = "src/Hanse.Coordinator/Hosts";

    public static IReadOnlyList<Planted> All { get; } =
    [
        new(nameof(EdgeRule), "an edge that is not allowed", "may not reference Hanse.Site",
            Project("Hanse.Coordinator", "Hanse.Site"), File(EdgeRule.List, "Hanse.Coordinator:\nHanse.Site:")),
        new(nameof(EdgeRule), "an allowance nobody needs", "allows Hanse.Trust → Hanse.Protocol",
            Project("Hanse.Trust"), File(EdgeRule.List, "Hanse.Trust: Hanse.Protocol")),
        new(nameof(EdgeRule), "a project nobody allowed", "says nothing about Hanse.New", Project("Hanse.New")),

        new(nameof(ClosureRule), "an agent that ships SQL", "hanse-agent ships Npgsql.dll", Built("hanse-agent", "Microsoft.NETCore.App", "Npgsql.dll")),
        new(nameof(ClosureRule), "an agent on ASP.NET Core", "hanse-agent ships Microsoft.AspNetCore.App", Built("hanse-agent", "Microsoft.AspNetCore.App")),
        new(nameof(ClosureRule), "an executable that was not built", "hanse-agent has not been built"),

        new(nameof(SliceRule), "a using of a neighbour", "slice Hosts uses Hanse.Coordinator.Sites;",
            File(Hosts + "/HostStore.cs", "using Hanse.Coordinator.Sites;\nnamespace Hanse.Coordinator.Hosts;\nclass HostStore;"), Neighbour),
        new(nameof(SliceRule), "a neighbour named without a using", "slice Hosts names Sites.SiteStore",
            File(Hosts + "/HostStore.cs", "namespace Hanse.Coordinator.Hosts;\nclass HostStore { Sites.SiteStore? Neighbour; }"), Neighbour),
        new(nameof(SliceRule), "a static using of a neighbour", "slice Hosts uses Hanse.Coordinator.Sites.SiteStore",
            File(Hosts + "/HostStore.cs", "using static Hanse.Coordinator.Sites.SiteStore;\nnamespace Hanse.Coordinator.Hosts;\nclass HostStore;"), Neighbour),

        new(nameof(LengthRule), "a long file", "has 401 lines", File(Hosts + "/Long.cs", new string('\n', 401))),
        new(nameof(LengthRule), "a long test file", "has 601 lines", File("tests/Hanse.Link.Tests/Long.cs", new string('\n', 601))),
        new(nameof(LengthRule), "a long method", "Run has 82 lines", File(Hosts + "/Long.cs", $"class Long {{ void Run() {{{new string('\n', 81)}}} }}")),
        new(nameof(LengthRule), "a constructor of many parts", "the constructor of Wide has 8 parameters",
            File(Hosts + "/Wide.cs", "class Wide(int a, int b, int c, int d, int e, int f, int g, int h);")),
        new(nameof(LengthRule), "files that are long in the middle", "median of file lengths is 61", File(Hosts + "/Some.cs", new string('\n', 61))),
        new(nameof(LengthRule), "methods that are long as a rule", "95th percentile of method lengths is 36",
            File(Hosts + "/Some.cs", $"class Some {{ void Run() {{{new string('\n', 35)}}} }}")),

        new(nameof(PlaceRule), "a namespace that is not the folder", "its folder says Hanse.Coordinator.Hosts",
            Project("Hanse.Coordinator"), File(Hosts + "/HostStore.cs", "namespace Hanse.Coordinator;\nclass HostStore;")),
        new(nameof(PlaceRule), "a namespace with braces", "needs a file-scoped namespace",
            Project("Hanse.Coordinator"), File(Hosts + "/HostStore.cs", "namespace Hanse.Coordinator.Hosts { class HostStore; }")),
        new(nameof(PlaceRule), "a file that is not its type", "declares no type HostStore",
            Project("Hanse.Coordinator"), File(Hosts + "/HostStore.cs", "namespace Hanse.Coordinator.Hosts;\nclass Other;")),
        new(nameof(PlaceRule), "a folder too deep", "lies 3 levels under",
            Project("Hanse.Coordinator"), File(Hosts + "/A/B/C.cs", "namespace Hanse.Coordinator.Hosts.A.B;\nclass C;")),
        new(nameof(PlaceRule), "a folder too full", "has 26 files",
            [Project("Hanse.Coordinator"), .. Enumerable.Range(0, 26).Select(i => File($"{Hosts}/C{i}.cs", $"namespace Hanse.Coordinator.Hosts;\nclass C{i};"))]),

        new(nameof(NameRule), "a manager", "HostManager: name it for what it does", File(Hosts + "/HostManager.cs", "class HostManager;")),
        new(nameof(NameRule), "a folder of helpers", "is called Helpers", File("src/Hanse.Link/Helpers/Text.cs", "class Text;")),
        new(nameof(NameRule), "a project called Core", "is called Core", File("src/Hanse.Core/Text.cs", "class Text;")),

        new(nameof(SuffixRule), "a machine that waits", "HostMachine is pure by its suffix but mentions Task",
            File(Hosts + "/HostMachine.cs", "class HostMachine { async Task Next() {} }")),
        new(nameof(SuffixRule), "a route outside endpoints", "HostRoutes calls MapGet", File(Hosts + "/HostRoutes.cs", "class HostRoutes { void Map() => api.MapGet(\"/x\", Get); }")),
        new(nameof(SuffixRule), "a fake in a product", "FakeHost is a test double", File(Hosts + "/FakeHost.cs", "class FakeHost;")),

        new(nameof(SqlRule), "a migration with a clock", "reads the database's clock: now()", File("src/Hanse.Site/Migrations/0001_a.sql", "alter table a alter b set default now();")),
        new(nameof(SqlRule), "a statement with a clock", "reads the database's clock: current_timestamp",
            File(Hosts + "/HostStore.cs", "class HostStore { string Sql = \"update hosts_row set seen = current_timestamp\"; }")),
        new(nameof(SqlRule), "SQL outside a store", "HostDriver holds SQL", File(Hosts + "/HostDriver.cs", "class HostDriver { string Sql = \"\"\"\n  select a\n  from b\n  \"\"\"; }")),

        new(nameof(MigrationRule), "a gap between migrations", "0003_b.sql should carry number 0002", Migration("0001_a.sql"), Migration("0003_b.sql")),
        new(nameof(MigrationRule), "two migrations of one number", "0001_b.sql should carry number 0002", Migration("0001_a.sql"), Migration("0001_b.sql")),
        new(nameof(MigrationRule), "a migration without a number", "is not called NNNN_slice.sql", Migration("first.sql")),
        new(nameof(MigrationRule), "a table of no slice", "table things does not begin", Migration("0001_a.sql", "create table things (id uuid);")),

        new(nameof(SolutionRule), "a project outside the solution", "src/Hanse.New/Hanse.New.csproj: is not in Hanse.slnx", Project("Hanse.New")),
        new(nameof(SolutionRule), "a project that is gone", "lists src/Gone.csproj", File("Hanse.slnx", "<Solution><Project Path=\"src/Gone.csproj\" /></Solution>")),

        new(nameof(LeakRule), "a path of one machine", "docs/a.md: names a place of one machine", File("docs/a.md", "see /ro" + "ot/.nu" + "get/packages")),
        new(nameof(LeakRule), "a package source", "src/a.json: names a place of one machine", File("src/a.json", "https://api.nuget" + ".org/v3/index.json")),

        new(nameof(ManifestRule), "a method without a caller", "does not say who may call HostRemove",
            File(ManifestRule.Proto, "enum Method {\n    METHOD_UNSPECIFIED = 0;\n    HOST_REMOVE = 405;\n}"), File(ManifestRule.Manifest, "")),
        new(nameof(ManifestRule), "a method that is gone", "names Gone, which the protocol does not",
            File(ManifestRule.Proto, "enum Method {\n    HOST_REMOVE = 405;\n}"), File(ManifestRule.Manifest, "new(Method.HostRemove, a), new(Method.Gone, a)")),

        new(nameof(CallerRule), "an endpoint for nobody in particular", "MapGet \"/hosts\" does not say who may call it",
            File(Hosts + "/HostEndpoints.cs", "class HostEndpoints { void Map() { api.MapGet(\"/hosts\", List).WithName(\"x\"); } }")),
    ];

    /// <summary>A tree that every rule accepts, so that none can pass its planted violation by finding fault with all.</summary>
    public static IReadOnlyList<SourceFile> Flawless { get; } =
    [
        Project("Hanse.Coordinator"),
        File(EdgeRule.List, "Hanse.Coordinator:   # nothing"),
        File("Hanse.slnx", "<Solution><Project Path=\"src/Hanse.Coordinator/Hanse.Coordinator.csproj\" /></Solution>"),
        File(Hosts + "/HostStore.cs",
            "using Hanse.Coordinator.Sites.Api;\nnamespace Hanse.Coordinator.Hosts;\nclass HostStore { string Sql = \"select a from hosts_row\"; int Sites => this.Sites.Count; }"),
        File(Hosts + "/HostEndpoints.cs", "namespace Hanse.Coordinator.Hosts;\nclass HostEndpoints { void Map() { api.MapGet(\"/hosts\", List).RequireAuthorization(x); } }"),
        Neighbour,
        File("src/Hanse.Coordinator/Sites/Api/ISites.cs", "namespace Hanse.Coordinator.Sites.Api;\ninterface ISites;"),
        Migration("0001_hosts.sql", "-- no now() here\ncreate table hosts_row (id uuid);"),
        File(ManifestRule.Proto, "enum Method {\n    METHOD_UNSPECIFIED = 0;\n    HOST_REMOVE = 405;\n}"),
        File(ManifestRule.Manifest, "namespace Hanse.Protocol.Links;\nclass MethodManifest { object[] A = [new(Method.HostRemove, a)]; }"),
        .. Shipped("hanse"), .. Shipped("hanse-agent"), .. Shipped("hanse-gateway"),
    ];

    private static SourceFile Neighbour => File("src/Hanse.Coordinator/Sites/SiteStore.cs", "namespace Hanse.Coordinator.Sites;\nclass SiteStore;");

    private static SourceFile File(string path, string text) => new(path, text);

    private static SourceFile Migration(string name, string text = "") => File("src/Hanse.Coordinator/Migrations/" + name, text);

    private static SourceFile Project(string name, params string[] references) =>
        File($"src/{name}/{name}.csproj", $"<Project>{string.Concat(references.Select(r => $"<ProjectReference Include=\"../{r}/{r}.csproj\" />"))}</Project>");

    private static SourceFile[] Built(string exe, string framework, params string[] assemblies) =>
    [
        File($"built/{exe}.runtimeconfig.json", "{\"runtimeOptions\":{\"framework\":{\"name\":\"" + framework + "\"}}}"),
        File($"built/{exe}.deps.json", "{\"targets\":{\"net\":{\"a/1\":{\"runtime\":{" + string.Join(',', assemblies.Select(a => $"\"lib/{a}\":{{}}")) + "}}}}}"),
    ];

    private static SourceFile[] Shipped(string exe) => [.. Built(exe, "Microsoft.NETCore.App", exe + ".dll"), File($"eng/closure/{exe}.txt", $"Microsoft.NETCore.App\n{exe}.dll\n")];
}
