using Hanse.Coordinator.Commands.Deadlines;
using Hanse.Coordinator.Commands.Api;
using Hanse.Coordinator.Commands.Intake;
using Hanse.Coordinator.Commands.Reading;
using Hanse.Coordinator.Sites.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hanse.Coordinator.Commands;

/// <summary>What the commands slice adds to the process.</summary>
internal static class CommandsSlice
{
    /// <summary>Needs NpgsqlDataSource, TimeProvider, logging, ISiteChannel, IHostLookup and the audit slice.</summary>
    public static IServiceCollection AddCommands(this IServiceCollection services)
    {
        services.AddOptions<CommandOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<CommandOptions>>().Value);
        services.AddSingleton<CommandSignals>();
        services.AddSingleton<CommandService>();
        services.AddSingleton<CommandReader>();
        services.AddSingleton<ExecutionRebuilder>();
        services.AddSingleton<ICommandReplay, CommandReplay>()
        .AddSingleton<IExecutionIntake, ExecutionIntake>();
        services.AddSingleton<CommandDispatchDriver>();
        services.AddSingleton<CommandReaperDriver>();
        services.AddSingleton<ISiteRemovalObserver, RemovedSiteEnding>();
        return services;
    }

    /// <summary>The slice's loops: dispatch, deadlines and wake-ups. Ends when cancelled.</summary>
    public static Task RunCommandsAsync(this IServiceProvider services, CancellationToken cancellation) => Task.WhenAll(
        services.GetRequiredService<CommandSignals>().RunAsync(cancellation),
        services.GetRequiredService<CommandDispatchDriver>().RunAsync(cancellation),
        services.GetRequiredService<CommandReaperDriver>().RunAsync(cancellation));
}
