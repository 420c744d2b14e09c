namespace Hanse.Gateway.Routes;

/// <summary>What is wrong in a file of routes, and where.</summary>
/// <param name="Key">The path of the key, such as <c>routes[2].addresses</c>.</param>
internal sealed record RouteFileProblem(string File, long Line, string Key, string Problem)
{
    public override string ToString() => Key.Length == 0 ? $"{File}:{Line}: {Problem}" : $"{File}:{Line}: {Key}: {Problem}";
}
