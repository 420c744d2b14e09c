using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hanse.Server.Cli.Connection;

/// <summary>Refusals and broken connections as texts and exit codes.</summary>
internal static class ApiFailure
{
    /// <summary>From a problem (RFC 9457), whose detail already says what to do.</summary>
    public static async Task<CliException> OfAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var (detail, code, field, trace) = Read(await answer.Content.ReadAsStringAsync(cancellation));
        var status = (int)answer.StatusCode;
        var exit = answer.StatusCode switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType => ExitCodes.Usage,
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => ExitCodes.NotFound,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Locked or HttpStatusCode.TooManyRequests => ExitCodes.Denied,
            HttpStatusCode.Conflict or HttpStatusCode.Gone or HttpStatusCode.PreconditionFailed => ExitCodes.Conflict,
            _ => ExitCodes.ServerError,
        };
        var next = exit switch
        {
            ExitCodes.Denied when answer.StatusCode == HttpStatusCode.Unauthorized => "Log in again: hanse login",
            ExitCodes.ServerError when trace is not null => $"The server's log has more under trace {trace}.",
            _ => null,
        };
        var about = field is { Length: > 0 } ? $"{field}: " : "";
        return new(exit, $"{about}{detail ?? $"the server answered {status}."}{(code is null ? "" : $" [{code}]")}", next, code ?? $"http-{status}");
    }

    public static CliException Of(HttpRequestException broken, string where) => broken.InnerException is AuthenticationException
        ? new(ExitCodes.Unreachable, $"{where} could not be verified by the federation's root certificate: {broken.InnerException.Message}",
            "If the federation was set up anew, log in again: hanse login. Otherwise someone may be in between.", "not-trusted")
        : new(ExitCodes.Unreachable, $"no connection to {where}: {broken.Message}",
            where.StartsWith("unix:", StringComparison.Ordinal)
                ? "Is the server running, and may this account open its socket?"
                : "Is the server running, and can this machine reach it?");

    private static (string? Detail, string? Code, string? Field, string? Trace) Read(string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject problem
                ? ((string?)problem["detail"], (string?)problem["code"], (string?)problem["field"], (string?)problem["traceId"])
                : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
