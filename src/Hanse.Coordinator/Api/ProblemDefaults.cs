using System.Diagnostics;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Hanse.Coordinator.Api;

/// <summary>What every problem carries whoever made it: a code, a detail, and the trace id under which the log tells more.</summary>
internal static class ProblemDefaults
{
    public static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
        if (problem.Extensions.ContainsKey("code"))
        {
            return;
        }

        var (code, detail) = ForStatus(problem.Status ?? context.HttpContext.Response.StatusCode, context.HttpContext);
        problem.Extensions["code"] = code;
        problem.Type = $"urn:hanse:problem:{code}";
        problem.Detail ??= detail;
    }

    private static (string Code, string Detail) ForStatus(int status, HttpContext context) => status switch
    {
        StatusCodes.Status400BadRequest => (ErrorCodes.RequestInvalid, "The request could not be read. Compare it with /openapi/v1.json."),
        StatusCodes.Status401Unauthorized => (ErrorCodes.Unauthenticated,
            "This needs a valid token: Authorization: Bearer hanse_… . Get one with `hanse login` or POST /api/v1/session."),
        StatusCodes.Status403Forbidden => (ErrorCodes.Forbidden, "This account's role does not allow it. Ask an administrator."),
        StatusCodes.Status404NotFound => (ErrorCodes.NotFound, $"Nothing is served at {context.Request.Path}. See /openapi/v1.json."),
        StatusCodes.Status405MethodNotAllowed => (ErrorCodes.MethodNotAllowed,
            $"{context.Request.Path} does not take {context.Request.Method}. See /openapi/v1.json."),
        StatusCodes.Status413PayloadTooLarge => (ErrorCodes.RequestTooLarge, "The request body is longer than this endpoint takes."),
        StatusCodes.Status415UnsupportedMediaType => (ErrorCodes.MediaTypeUnsupported, "Send JSON, with Content-Type: application/json."),
        _ => (ErrorCodes.InternalError, "The request failed. The log has more under this trace id."),
    };
}
