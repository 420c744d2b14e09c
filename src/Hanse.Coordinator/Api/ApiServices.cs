using System.Text.Json;
using System.Text.Json.Serialization;
using Hanse.Protocol.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Api;

/// <summary>What all endpoints share: one JSON dialect (camelCase, kebab-case enumerations, ids and durations as text), problems
/// for every refusal, the OpenAPI document.</summary>
public static class ApiServices
{
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = ProblemDefaults.Complete);
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.Configure<JsonOptions>(options => Configure(options.SerializerOptions));
        // So that a body that cannot be read reaches ProblemExceptionHandler, which names the field.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddRouting();
        services.AddOpenApiDocument();
        return services;
    }

    /// <summary>First in the pipeline: turns exceptions and empty refusals into problems.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseExceptionHandler().UseStatusCodePages();

    /// <summary>The API's JSON, for whoever writes or reads it elsewhere.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        options.Converters.Add(new DurationConverter());
        options.Converters.Add(new IdConverter<CommandId>());
        options.Converters.Add(new IdConverter<FederationId>());
        options.Converters.Add(new IdConverter<GatewayId>());
        options.Converters.Add(new IdConverter<HostId>());
        options.Converters.Add(new IdConverter<SiteId>());
    }
}
