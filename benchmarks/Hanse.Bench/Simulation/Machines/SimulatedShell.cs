using System.Globalization;
using Hanse.Protocol.Messages;

namespace Hanse.Bench.Simulation.Machines;

/// <summary>Answers a few common commands as the machine would and says of any other that it is simulated. Nothing is ever run. Pure
/// but for the clock. An answer has at most <see cref="MaxOutput"/> characters.</summary>
internal sealed class SimulatedShell(SimulatedMachine machine, TimeProvider time)
{
    public const int MaxOutput = 8 * 1024;

    /// <summary>A script of several lines is answered line by line, until one calls <c>exit</c>.</summary>
    public ShellAnswer Answer(Script script)
    {
        var lines = script.Interpreter.Length == 0 ? [string.Join(' ', script.Arguments)] : script.Body.Split(['\n', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // Machines differ in speed, and one machine from moment to moment does not: the same command takes the same time.
        var takes = TimeSpan.FromMilliseconds(5 + machine.Random(3).Next(120));
        var output = "";
        var error = "";
        var code = 0;
        foreach (var words in lines.Where(l => !l.StartsWith('#')).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 0))
        {
            if (words[0] == "sleep")
            {
                takes += Duration(words);
                continue;
            }

            (var text, var complaint, code) = Line(words);
            output += text;
            error += complaint;
            if (words[0] == "exit" || output.Length > MaxOutput)
            {
                break;
            }
        }

        return new ShellAnswer(Bounded(output), Bounded(error), code, takes);
    }

    private (string Output, string Error, int Code) Line(string[] words) => string.Join(' ', words) switch
    {
        "uname -a" => ($"Linux {Short} {machine.Kernel} #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n", "", 0),
        "uname" => ("Linux\n", "", 0),
        "uname -r" => (machine.Kernel + "\n", "", 0),
        "hostname" or "hostname -f" => (machine.Hostname + "\n", "", 0),
        "hostname -I" => ($"{machine.Address} {machine.SecondAddress}\n", "", 0),
        "id" => ("uid=0(root) gid=0(root) groups=0(root)\n", "", 0),
        "whoami" => ("root\n", "", 0),
        "nproc" => (machine.Cores.ToString(CultureInfo.InvariantCulture) + "\n", "", 0),
        "date" => ($"{time.GetUtcNow():ddd MMM d HH:mm:ss} UTC {time.GetUtcNow():yyyy}\n", "", 0),
        "uptime" => ($" up {(int)(time.GetUtcNow() - machine.LastBoot).TotalDays} days, load average: 0.{machine.Seed[9] % 90:00}, 0.{machine.Seed[10] % 90:00}, 0.10\n", "", 0),
        "df -h" or "df -h /" => ($"Filesystem      Size  Used Avail Use% Mounted on\n/dev/vda1       {machine.DiskGigabytes}G   {machine.DiskGigabytes * machine.DiskUsed / 100}G   {machine.DiskGigabytes * (100 - machine.DiskUsed) / 100}G  {machine.DiskUsed}% /\n", "", 0),
        "cat /etc/os-release" => ($"PRETTY_NAME=\"{machine.Distribution.PrettyName}\"\nVERSION_ID=\"{machine.Distribution.Version}\"\nID={machine.Distribution.Id}\n", "", 0),
        "true" or "/bin/true" => ("", "", 0),
        "false" or "/bin/false" => ("", "", 1),
        _ => Other(words),
    };

    private static (string Output, string Error, int Code) Other(string[] words) => words[0] switch
    {
        "echo" => (string.Join(' ', words.Skip(1)).Trim('"', '\'') + "\n", "", 0),
        "exit" => ("", "", words.Length > 1 && int.TryParse(words[1], CultureInfo.InvariantCulture, out var code) ? code & 0xff : 0),
        "cat" or "ls" => ("", $"{words[0]}: cannot access '{words[^1]}': No such file or directory\n", words[0] == "ls" ? 2 : 1),
        _ => ($"(simulated) {string.Join(' ', words)}\n", "", 0),
    };

    private static TimeSpan Duration(string[] words) => words.Length > 1
        && double.TryParse(words[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400))
        : TimeSpan.Zero;

    private string Short => machine.Hostname.Split('.')[0];

    private static string Bounded(string text) => text.Length > MaxOutput ? text[..MaxOutput] : text;
}
