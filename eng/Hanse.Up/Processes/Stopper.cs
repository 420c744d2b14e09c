using Hanse.Up.State;

namespace Hanse.Up.Processes;

/// <summary>Ends exactly what was started: each process is asked, given time, and only then killed. Agents first, the coordinator last, then
/// any PostgreSQL whose server was killed and could not end it.</summary>
internal sealed class Stopper(Places places, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Order = ["simulator", "agent", "gateway", "site", "coordinator"];

    public async Task StopAsync(UpStateFile file)
    {
        foreach (var role in Order)
        {
            var group = file.State.Processes.Where(p => p.Role == role && p.IsAlive).ToList();
            await EndAsync(group, Signals.Terminate, Signals.Kill);
        }

        // Fast shutdown; then an immediate one, which costs a recovery at the next start but no data.
        await EndAsync([.. PostgresFinder.Find(places)], Signals.Interrupt, Signals.Quit);
        file.Save(file.State with { Processes = [] });
    }

    private async Task EndAsync(List<StartedProcess> processes, int ask, int force)
    {
        foreach (var process in processes)
        {
            Console.Error.WriteLine($"Ending {process.Role} {process.Name} ({process.Pid}).");
            Signals.Send(process.Stamp, ask);
        }

        if (await GoneAsync(processes))
        {
            return;
        }

        foreach (var process in processes.Where(p => p.IsAlive))
        {
            Console.Error.WriteLine($"{process.Role} {process.Name} ({process.Pid}) did not end within {Patience.TotalSeconds} s and is killed.{LogTail.Of(process.Log)}");
            Signals.Send(process.Stamp, force);
        }

        if (!await GoneAsync(processes))
        {
            throw new UpException($"these processes cannot be ended: {string.Join(", ", processes.Where(p => p.IsAlive).Select(p => p.Pid))}.");
        }
    }

    private async Task<bool> GoneAsync(List<StartedProcess> processes)
    {
        var begun = time.GetTimestamp();
        while (processes.Any(p => p.IsAlive))
        {
            if (time.GetElapsedTime(begun) > Patience)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), time);
        }

        return true;
    }
}
