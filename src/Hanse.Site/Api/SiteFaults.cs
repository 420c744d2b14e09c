using System.Text.Json;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Api;

/// <summary>The last resort of the socket's API: what an endpoint threw becomes a problem in the coordinator's words. A caller sees
/// neither a stack nor a text that was meant for the log.</summary>
internal sealed partial class SiteFaults(RequestDelegate next, ILogger<SiteFaults> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception fault) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await Describe(fault, context).ExecuteAsync(context);
        }
    }

    private IResult Describe(Exception fault, HttpContext context)
    {
        switch (fault)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return SiteEndpoints.Problem(413, ErrorCodes.RequestTooLarge, "The request is larger than the site takes.");
            case BadHttpRequestException { InnerException: JsonException json }:
                return SiteEndpoints.Problem(
                    400, ErrorCodes.RequestInvalid, "The body is not the JSON this endpoint takes.", json.Path?.TrimStart('$', '.') ?? "");
            case BadHttpRequestException bad:
                return SiteEndpoints.Problem(bad.StatusCode, ErrorCodes.RequestInvalid, bad.Message);
            case NpgsqlException failure when failure.IsTransient || failure is PostgresException { SqlState: PostgresErrorCodes.DiskFull }:
                var error = DiskSpace.Explain(failure);
                return SiteEndpoints.Problem(error.Code == ErrorCodes.DiskFull ? 507 : 503, error.Code, error.Message);
            default:
                LogFailed(fault, context.Request.Method, context.Request.Path);
                return SiteEndpoints.Problem(500, ErrorCodes.InternalError, "The site could not answer; its log has the reason.");
        }
    }

    [LoggerMessage(EventId = 1, EventName = "request-failed", Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(Exception fault, string method, string path);
}
