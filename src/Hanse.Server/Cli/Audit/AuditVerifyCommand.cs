using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

/// <summary>Online the server computes everything anew and asks its witnesses; offline an export or a proof is checked here, with no server, by
/// the roots' certificates alone.</summary>
internal static class AuditVerifyCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Command Build(CliContext cli)
    {
        var export = new Option<string?>("--export") { Description = "Check this export instead of a server; - is standard input.", HelpName = "FILE" };
        var proof = new Option<string?>("--proof") { Description = "Check this proof of one entry instead of a server.", HelpName = "FILE" };
        var roots = KnownRoots.Option(", for --export and --proof");
        var command = new CliCommand("verify", "Computes every hash of the audit log anew and asks those who cosign it. Exits with 1 when it is not as it was written.",
            "hanse audit verify", "hanse audit verify -o json", "hanse audit verify --export audit.jsonl --roots roots.pem",
            "hanse audit verify --proof entry-4711.json") { export, proof, roots };
        command.SetAction(async (parsed, cancellation) => (parsed.GetValue(export), parsed.GetValue(proof)) switch
        {
            ({ } file, null) => await ExportAsync(parsed, cli, file, Roots(parsed, cli, parsed.GetValue(roots)), cancellation),
            (null, { } file) => Proof(parsed, cli, file, Roots(parsed, cli, parsed.GetValue(roots))),
            (null, null) => await OnlineAsync(parsed, cli, cancellation),
            _ => throw new CliException(ExitCodes.Usage, "--export and --proof are two different things to check.", "Give one of them."),
        });
        return command;
    }

    private static async Task<int> OnlineAsync(ParseResult parsed, CliContext cli, CancellationToken cancellation)
    {
        using var api = ApiSession.Open(parsed, cli);
        var found = await api.PostAsync("/audit/verify", null, cancellation);
        var ok = found.Text("ok") == "true";
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, found);
        }
        else if (ok)
        {
            var witnesses = found["witnesses"]?.AsArray().Count ?? 0;
            var signed = found["checkpoint"] is JsonObject checkpoint ? $" The first {checkpoint.Text("size")} are signed, and {witnesses} cosign." : "";
            await cli.Out.WriteLineAsync($"{found.Text("entries")} entries, each as it was written.{signed}");
        }
        else
        {
            var first = found.Text("firstBad") is { Length: > 0 } number ? $"; the first bad one is {number}" : "";
            await cli.Error.WriteLineAsync(
                $"The audit log is NOT as it was written: {found.Text("entries")} entries{first}. {Field.Clean(found.Text("why"))}");
        }

        return ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<int> ExportAsync(
        ParseResult parsed, CliContext cli, string file, IReadOnlyCollection<X509Certificate2> roots, CancellationToken cancellation)
    {
        using var bar = new ProgressBar(cli, "verify");
        using var lines = file == "-" ? cli.In : Counted(Open(file), bar);
        var verdict = await new AuditExportVerifier(roots).VerifyAsync(lines, cancellation);
        bar.Hide();
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, JsonSerializer.SerializeToNode(verdict, Json));
        }
        else if (verdict.Ok)
        {
            foreach (var log in verdict.Logs)
            {
                await cli.Out.WriteLineAsync($"Log {log.Log}: {log.Entries} entries, {log.Checkpoint} signed at {log.Time:u} by {string.Join(", ", log.Signers)}"
                    + $"{(log.Cosigned > 0 ? $"; {log.Cosigned} cosigned" : "")}{(log.Filtered ? "; filtered: entries may have been left out" : "")}.");
            }

            await cli.Out.WriteLineAsync($"{verdict.Entries} entries in the file, each as it was written.");
        }
        else
        {
            await cli.Error.WriteLineAsync($"The export is NOT as it was written: {Field.Clean(verdict.Why ?? "")}");
        }

        return verdict.Ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static int Proof(ParseResult parsed, CliContext cli, string file, IReadOnlyCollection<X509Certificate2> roots)
    {
        using var reader = new StreamReader(Open(file));
        var verdict = AuditProof.Parse(reader.ReadToEnd(), out var why) is { } proof ? proof.Judge(roots) : ProofVerdict.No(why);
        var facts = verdict.Entry?.Facts;
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, new JsonObject
            {
                ["ok"] = verdict.Ok, ["why"] = verdict.Why, ["seq"] = facts?.Seq, ["operation"] = facts?.Operation, ["actor"] = facts?.Actor,
                ["checkpoint"] = verdict.Checkpoint?.Size, ["signers"] = new JsonArray([.. verdict.Signers.Select(s => (JsonNode)s)]),
            });
        }
        else if (verdict.Ok)
        {
            cli.Out.WriteLine($"Entry {facts!.Seq} is in the log: {Field.Clean(facts.Operation)} by {Field.Clean(facts.Actor)} at {facts.OccurredAt:u}.");
            cli.Out.WriteLine($"It is among the {verdict.Checkpoint!.Size} entries that were signed at {verdict.Checkpoint.Time:u} by {string.Join(", ", verdict.Signers)}.");
        }
        else
        {
            cli.Error.WriteLine($"The proof shows NOTHING: {Field.Clean(verdict.Why ?? "")}");
        }

        return verdict.Ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static IReadOnlyCollection<X509Certificate2> Roots(ParseResult parsed, CliContext cli, string? file) =>
        KnownRoots.Read(parsed, cli, file) is { Count: > 0 } roots ? roots : throw new CliException(ExitCodes.Usage, "there is no root certificate to check by.",
            "Give them with --roots FILE, in PEM; or log in to the federation once, which stores them in the profile.");

    private static StreamReader Counted(FileStream file, ProgressBar bar) => new(new ProgressStream(file, file.Length, bar));

    private static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the file {file} cannot be read: {unreadable.Message}");
        }
    }
}
