using System.Text.Json;
using System.Text.RegularExpressions;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Api;

/// <summary>The last resort: any exception of an endpoint becomes a problem with a trace id. The caller never sees a stack or
/// a message of ours that was meant for the log.</summary>
internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellation)
    {
        if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = Describe(exception);
        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            LogFailed(exception, context.Request.Method, context.Request.Path);
        }

        context.Response.StatusCode = problem.Status!.Value;
        return await problems.TryWriteAsync(new() { HttpContext = context, ProblemDetails = problem, Exception = exception });
    }

    private static ProblemDetails Describe(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new() { Status = StatusCodes.Status413PayloadTooLarge },
        BadHttpRequestException { InnerException: JsonException json } => InvalidJson(json),
        BadHttpRequestException bad => new() { Status = bad.StatusCode, Detail = bad.Message },
        // 57014 is a query's own time limit; connection trouble and a server going away are told apart by IsTransient.
        NpgsqlException { IsTransient: true } => new()
        {
            Status = StatusCodes.Status503ServiceUnavailable,
            Detail = "The database is not answering. Nothing was changed; try again in a moment.",
            Type = $"urn:hanse:problem:{ErrorCodes.DatabaseUnavailable}",
            Extensions = { ["code"] = ErrorCodes.DatabaseUnavailable },
        },
        _ => new() { Status = StatusCodes.Status500InternalServerError },
    };

    private static ProblemDetails InvalidJson(JsonException json) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Detail = json.LineNumber is { } line
            ? $"The body is not the JSON this endpoint takes, at line {line + 1}. Compare it with /openapi/v1.json."
            : "The body is not the JSON this endpoint takes. Compare it with /openapi/v1.json.",
        Type = $"urn:hanse:problem:{ErrorCodes.RequestInvalid}",
        Extensions = { ["code"] = ErrorCodes.RequestInvalid, ["field"] = FieldOf(json) },
    };

    // A missing property is named in the text alone ("… including: 'userName'."); its path is that of the object.
    private static string FieldOf(JsonException json)
    {
        var path = json.Path?.TrimStart('$', '.') ?? "";
        var missing = MissingProperty().Match(json.Message).Groups[1].Value;
        return string.Join('.', new[] { path, missing }.Where(part => part.Length > 0));
    }

    [GeneratedRegex("missing required properties including: '([^']+)'", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingProperty();

    [LoggerMessage(EventId = 4001, EventName = "request-failed", Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, string path);
}
