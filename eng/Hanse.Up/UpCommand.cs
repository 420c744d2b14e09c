using System.Runtime.InteropServices;
using Hanse.Up.Processes;
using Hanse.Up.State;

namespace Hanse.Up;

/// <summary>What <c>./up</c> does in each of its modes.</summary>
internal static class UpCommand
{
    public static async Task<int> RunAsync(UpOptions options, TimeProvider time)
    {
        var checkout = Environment.GetEnvironmentVariable("HANSE_UP_CHECKOUT")
            ?? throw new UpException("start it as ./up, which builds first and says where the checkout is.");
        var programs = Environment.GetEnvironmentVariable("HANSE_UP_PROGRAMS") ?? "";
        var places = new Places(programs, options.Data ?? Places.DefaultData(checkout));
        switch (options.Mode)
        {
            case UpMode.Help:
                Console.Out.WriteLine(UpOptions.Usage);
                return 0;
            case UpMode.Status:
                StatusReport.Print(places, options.Json);
                return 0;
            case UpMode.Stop:
                await StopAsync(places, time);
                Current.Forget(checkout, places.Data);
                return 0;
            default:
                Current.Remember(checkout, places.Data);
                return await StartAsync(places, options, time);
        }
    }

    private static async Task<int> StartAsync(Places places, UpOptions options, TimeProvider time)
    {
        places.Prepare();
        using var interrupted = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => Cancel(c, interrupted));
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Cancel(c, interrupted));
        using var file = UpStateFile.Take(places);
        try
        {
            await new Starter(places, file, new Progress(time)).StartAsync(options, interrupted.Token);
            if (options.Mode == UpMode.Foreground)
            {
                Console.Error.WriteLine("Running. Ctrl-C ends it.");
                await Task.Delay(Timeout.InfiniteTimeSpan, time, interrupted.Token);
            }

            return 0;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            await new Stopper(places, time).StopAsync(file);
            return options.Mode == UpMode.Foreground ? 0 : 130;
        }
    }

    private static async Task StopAsync(Places places, TimeProvider time)
    {
        if (!Directory.Exists(places.Data))
        {
            Console.Error.WriteLine($"Nothing was ever started in {places.Data}.");
            return;
        }

        using var file = UpStateFile.Take(places);
        await new Stopper(places, time).StopAsync(file);
        Console.Error.WriteLine($"Nothing runs any more. The data is kept in {places.Data}.");
    }

    private static void Cancel(PosixSignalContext signal, CancellationTokenSource interrupted)
    {
        signal.Cancel = true;
        interrupted.Cancel();
    }
}
