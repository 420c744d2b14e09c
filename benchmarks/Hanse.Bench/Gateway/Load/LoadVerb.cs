using System.Globalization;

namespace Hanse.Bench.Gateway.Load;

/// <summary>A part of the load as a process of its own: each has its own descriptors, and its own thread to be measured against.</summary>
internal static class LoadVerb
{
    public const string Name = "gateway-load";
    internal const string Upstream = "upstream";
    internal const string Count = "count";
    internal const string Hold = "hold";
    internal const string Bulk = "bulk";
    internal const string PingPong = "ping-pong";
    internal const string Connect = "connect";
    internal const string Stream = "stream";
    internal const string Datagrams = "datagrams";

    /// <param name="arguments">What to do, a port, and numbers.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (arguments[0] == Upstream)
        {
            UpstreamLoad.Run([.. arguments.Skip(1)]);
            return 0;
        }

        try
        {
            Run(arguments[0], [.. arguments.Skip(1).Select(a => long.Parse(a, CultureInfo.InvariantCulture))]);
            return 0;
        }
        catch (IOException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    internal static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    internal static void Say(string line) => Console.WriteLine(line);

    /// <summary>The figures, in one line, at the end.</summary>
    internal static void Done(params double[] figures) => Console.WriteLine("done " + string.Join(' ', figures.Select(f => f.ToString(CultureInfo.InvariantCulture))));

    private static void Run(string what, long[] numbers)
    {
        var (port, count) = ((int)numbers[0], numbers.Length > 1 ? (int)numbers[1] : 0);
        var time = TimeSpan.FromMilliseconds(numbers.Length > 2 ? numbers[2] : 0);
        switch (what)
        {
            case Count:
                DatagramLoad.Count(port);
                return;
            case Datagrams:
                DatagramLoad.Send(port, count, (int)numbers[3], time, (uint)numbers[4]);
                return;
        }

        using var clients = new Clients(port, what switch { Bulk => Hellos.Swallow, Connect => Hellos.Letters[0], _ => Hellos.Echo });
        switch (what)
        {
            case Hold:
                LinkLoad.Hold(clients, count);
                break;
            case Bulk:
                LinkLoad.Bulk(clients, count, time);
                break;
            case PingPong:
                LinkLoad.PingPong(clients, count, time);
                break;
            case Connect:
                LinkLoad.Connect(clients, count, time);
                break;
            case Stream:
                new StreamLoad(clients, time).Run(count);
                break;
            default:
                throw new ArgumentException($"There is no load '{what}'.", nameof(what));
        }
    }
}
