using Hanse.Coordinator.Commands;
using Hanse.Protocol.Commands;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>What a request must be; each breach names its field.</summary>
public class CommandRequestTests
{
    public static TheoryData<string, string?> Cases => new()
    {
        { "plain program", null },
        { "shell", null },
        { "no hosts", "hosts" },
        { "blank host", "hosts" },
        { "no script", "script" },
        { "body without interpreter", "script.interpreter" },
        { "relative interpreter", "script.interpreter" },
        { "interpreter with a newline", "script.interpreter" },
        { "nothing to run", "script.arguments" },
        { "NUL in an argument", "script.arguments[1]" },
        { "too many arguments", "script.arguments" },
        { "long arguments", "script.arguments" },
        { "NUL in the body", "script.body" },
        { "long body", "script.body" },
        { "bad variable", "script.environment" },
        { "NUL in a variable", "script.environment.A" },
        { "no time", "script.timeout" },
        { "endless", "script.timeout" },
        { "no output", "script.outputLimit" },
        { "user with a shell in it", "script.runAs" },
        { "no deadline", "deadline" },
        { "reason of several lines", "reason" },
        { "long reason", "reason" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Check_names_the_field(string what, string? field) => Assert.Equal(field, Request(what).Check()?.Field);

    [Fact]
    public void Hash_is_of_what_is_said_not_of_its_order()
    {
        var one = new CommandRequest(["a"], new(Arguments: ["id"], Environment: new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }));
        var same = new CommandRequest(["a"], new(Arguments: ["id"], Environment: new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" }));
        Assert.Equal(one.Hash(), same.Hash());
        Assert.NotEqual(one.Hash(), (one with { Hosts = ["b"] }).Hash());
        Assert.NotEqual(one.Hash(), (one with { Deadline = TimeSpan.FromHours(1) }).Hash());
    }

    private static CommandRequest Request(string what)
    {
        var id = new CommandRequest(["web"], new(Arguments: ["id"]));
        var sh = new ScriptView("/bin/sh", "id\n\techo é\n");
        return what switch
        {
            "plain program" => id,
            "shell" => id with { Script = sh },
            "no hosts" => id with { Hosts = [] },
            "blank host" => id with { Hosts = ["web", " "] },
            "no script" => id with { Script = null },
            "body without interpreter" => id with { Script = sh with { Interpreter = null } },
            "relative interpreter" => id with { Script = sh with { Interpreter = "sh" } },
            "interpreter with a newline" => id with { Script = sh with { Interpreter = "/bin/sh\n" } },
            "nothing to run" => id with { Script = new() },
            "NUL in an argument" => id with { Script = new(Arguments: ["id", "a\0b"]) },
            "too many arguments" => id with { Script = new(Arguments: [.. Enumerable.Repeat("a", 257)]) },
            "long arguments" => id with { Script = new(Arguments: ["id", new string('a', 128 * 1024)]) },
            "NUL in the body" => id with { Script = sh with { Body = "a\0b" } },
            "long body" => id with { Script = sh with { Body = new string('é', 200_000) } },
            "bad variable" => id with { Script = sh with { Environment = new Dictionary<string, string> { ["A=B"] = "" } } },
            "NUL in a variable" => id with { Script = sh with { Environment = new Dictionary<string, string> { ["A"] = "\0" } } },
            "no time" => id with { Script = sh with { Timeout = TimeSpan.Zero } },
            "endless" => id with { Script = sh with { Timeout = TimeSpan.FromDays(60) } },
            "no output" => id with { Script = sh with { OutputLimit = 1 } },
            "user with a shell in it" => id with { Script = sh with { RunAs = "root;id" } },
            "no deadline" => id with { Deadline = TimeSpan.Zero },
            "reason of several lines" => id with { Reason = "a\nb" },
            "long reason" => id with { Reason = new string('a', 1001) },
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "No such case."),
        };
    }
}
