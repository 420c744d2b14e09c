using System.Text.Json;
using Hanse.Up.Processes;
using Hanse.Up.State;

namespace Hanse.Up;

/// <summary>Lists the processes that run, PostgreSQL among them. With <c>-o json</c> one array, empty when nothing runs.</summary>
internal static class StatusReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Print(Places places, bool json)
    {
        var known = UpStateFile.Peek(places).Processes;
        var alive = known.Where(p => p.IsAlive).Concat(PostgresFinder.Find(places)).ToList();
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(alive.Select(p => new { p.Role, p.Name, p.Pid, p.Address, p.DataDir, p.Log }), Json));
        }
        else
        {
            Table([["ROLE", "NAME", "PID", "ADDRESS", "DATA", "LOG"], .. alive.Select(p => new[] { p.Role, p.Name, $"{p.Pid}", p.Address, p.DataDir, p.Log })]);
        }

        foreach (var dead in known.Where(p => !p.IsAlive))
        {
            Console.Error.WriteLine($"{dead.Role} {dead.Name} is not running. ./up starts it again; its log is {dead.Log}.");
        }
    }

    private static void Table(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
        {
            Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
