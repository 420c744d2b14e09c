using Hanse.Authority.Issuing;
using Hanse.Server.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hanse.Server.Hosting;

/// <summary>What both roles' applications share. Nothing is read from the process's environment or files: the options say all.</summary>
internal static class RoleBuilder
{
    public static WebApplicationBuilder Create(HanseOptions options, ILoggerFactory logging)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = options.DataDir });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));
        builder.Services.AddRouting();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new Random(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue)));
        return builder;
    }

    public static LifetimeOptions Lifetimes(HanseOptions options) => new()
    {
        Root = options.Trust.RootLifetime, Intermediate = options.Trust.IntermediateLifetime, Leaf = options.Trust.LeafLifetime,
        ReturnWindow = options.Trust.ReturnWindow,
    };
}
