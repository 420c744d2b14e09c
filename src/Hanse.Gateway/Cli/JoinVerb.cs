using Hanse.Gateway.Control;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Gateway.Cli;

/// <summary><c>hanse-gateway join</c> (J1, J2). Repeated after a crash it uses the same key, so the coordinator gives the same identity.</summary>
internal static class JoinVerb
{
    private const int LongestText = 64 * 1024;

    internal static async Task<int> RunAsync(GatewayArguments arguments, Terminal terminal, TimeProvider time, CancellationToken cancellation)
    {
        var folder = new GatewayFolder(arguments.Data);
        folder.Create();
        if (folder.HasJoined)
        {
            return terminal.Fail(ExitCode.Refused, $"{folder.Root} belongs to a federation already. Run hanse-gateway status to see which, or hanse-gateway reset to forget it.");
        }

        var read = JoinString.Parse(await ReadAsync(arguments, terminal, cancellation), NodeKind.Gateway, time.GetUtcNow());
        if (read is not JoinStringOutcome.Read { Invitation: var invitation })
        {
            return terminal.Fail(ExitCode.Refused, $"{read.Message} ({read.Code})");
        }

        var outcome = await new JoinClient(time).JoinGatewayAsync(invitation, NodeKey.LoadOrGenerate(folder.JoinKey), Versions.Software, cancellation);
        if (outcome is not GatewayJoinOutcome.Joined joined)
        {
            var refusal = ((GatewayJoinOutcome.Refused)outcome).Refusal;
            return terminal.Fail(ExitCode.Refused, $"{refusal.Message} ({refusal.Code})");
        }

        GatewayIdentity.Save(folder, joined);
        await terminal.Out.WriteLineAsync($"Joined as gateway {joined.Name} ({joined.Credential.Identity.Gateway}). Start it: hanse-gateway run --data {folder.Root}");
        return ExitCode.Done;
    }

    private static async Task<string> ReadAsync(GatewayArguments arguments, Terminal terminal, CancellationToken cancellation)
    {
        if (arguments.File is { } file)
        {
            return await File.ReadAllTextAsync(file, cancellation);
        }

        if (terminal.IsInteractive)
        {
            await terminal.Error.WriteAsync("Join string: ");
            return await terminal.In.ReadLineAsync(cancellation) ?? "";
        }

        var buffer = new char[LongestText];
        var count = await terminal.In.ReadBlockAsync(buffer, cancellation);
        return new string(buffer, 0, count);
    }
}
