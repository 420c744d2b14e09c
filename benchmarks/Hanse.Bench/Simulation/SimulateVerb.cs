using System.Runtime.InteropServices;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;

namespace Hanse.Bench.Simulation;

/// <summary><c>Hanse.Bench simulate</c>: what <c>./up --simulate N</c> starts. SIGTERM and SIGINT end it cleanly.</summary>
internal static class SimulateVerb
{
    public const string Name = "simulate";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextReader input, TextWriter output, TextWriter error)
    {
        var (options, wrong) = SimulateOptions.Parse(arguments);
        if (options is null)
        {
            await error.WriteLineAsync(wrong);
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        try
        {
            var invitations = await ReadAsync(input, stop.Token);
            System.IO.Directory.CreateDirectory(options.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await new SimulatedFleet(options, invitations, output, TimeProvider.System).RunAsync(stop.Token);
            return 0;
        }
        catch (SimulationException failed)
        {
            await error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    private static async Task<List<JoinInvitation>> ReadAsync(TextReader input, CancellationToken cancellation)
    {
        var invitations = new List<JoinInvitation>();
        while (await input.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Trim() is not { Length: > 0 } text)
            {
                continue;
            }

            var read = JoinString.Parse(text, NodeKind.Agent, TimeProvider.System.GetUtcNow());
            invitations.Add(read is JoinStringOutcome.Read { Invitation: var invitation }
                ? invitation
                : throw new SimulationException($"Join string {invitations.Count + 1}: {read.Message} ({read.Code})"));
        }

        return invitations;
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
