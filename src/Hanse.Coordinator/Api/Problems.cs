using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hanse.Coordinator.Api;

/// <summary>Every refusal of the HTTP API: an RFC 9457 problem with a stable <c>code</c> that programs branch on, and the
/// <c>field</c> to blame where there is one. <c>detail</c> says what happened and what to do; it may change.</summary>
public static class Problems
{
    /// <summary>400: the request itself is wrong. <paramref name="field"/> is the JSON path, query or header name.</summary>
    public static ProblemHttpResult Invalid(string code, string field, string detail) => Of(StatusCodes.Status400BadRequest, code, detail, field);

    public static ProblemHttpResult Unauthenticated(string code, string detail) => Of(StatusCodes.Status401Unauthorized, code, detail);

    public static ProblemHttpResult Forbidden(string code, string detail) => Of(StatusCodes.Status403Forbidden, code, detail);

    public static ProblemHttpResult NotFound(string code, string detail, string? field = null) =>
        Of(StatusCodes.Status404NotFound, code, detail, field);

    /// <summary>409: the request is fine, but not with things as they are (a name taken, a host banned, a key used otherwise).</summary>
    public static ProblemHttpResult Conflict(string code, string detail, string? field = null) =>
        Of(StatusCodes.Status409Conflict, code, detail, field);

    /// <summary>413.</summary>
    public static ProblemHttpResult TooLarge(string code, string detail, string? field = null) =>
        Of(StatusCodes.Status413PayloadTooLarge, code, detail, field);

    /// <summary>502: a site answered with a refusal, which is passed on by its code.</summary>
    public static ProblemHttpResult SiteRefused(string code, string detail) => Of(StatusCodes.Status502BadGateway, code, detail);

    /// <summary>503: may work later (a site offline, the database away).</summary>
    public static ProblemHttpResult Unavailable(string code, string detail) => Of(StatusCodes.Status503ServiceUnavailable, code, detail);

    /// <summary>504: a site did not answer in time.</summary>
    public static ProblemHttpResult TimedOut(string code, string detail) => Of(StatusCodes.Status504GatewayTimeout, code, detail);

    /// <summary>Any other status.</summary>
    public static ProblemHttpResult Of(int status, string code, string detail, string? field = null)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = code };
        if (field is not null)
        {
            extensions["field"] = field;
        }

        return TypedResults.Problem(detail, instance: null, status, title: null, type: $"urn:hanse:problem:{code}", extensions);
    }
}
