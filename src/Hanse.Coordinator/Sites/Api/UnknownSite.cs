using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hanse.Coordinator.Sites.Api;

/// <summary>What every slice says where no site has the id or name that was given.</summary>
internal static class UnknownSite
{
    public const string Text = "There is no site of this id or name. `hanse site list` shows them.";

    public static ProblemHttpResult Problem() => Problems.NotFound(ErrorCodes.SiteNotFound, Text, "site");
}
