namespace Hanse.Server.Cli.Gateways;

internal enum StepResult
{
    Ok,
    Failed,
    Skipped,
}

/// <summary>One line of a diagnosis.</summary>
/// <param name="Step">One of <see cref="DoctorSteps"/>.</param>
/// <param name="Address">Which door; for names, what was looked up.</param>
/// <param name="Result">How it went.</param>
/// <param name="Found">What was seen; of a failure the cause.</param>
/// <param name="Advice">What to do; empty where there is nothing.</param>
internal sealed record DoctorStep(string Step, string Address, StepResult Result, string Found, string Advice = "")
{
    public static DoctorStep Ok(string step, string address, string found, string advice = "") => new(step, address, StepResult.Ok, found, advice);

    public static DoctorStep Failed(string step, string address, string found, string advice) => new(step, address, StepResult.Failed, found, advice);

    public static DoctorStep Skipped(string step, string address, string found, string advice = "") => new(step, address, StepResult.Skipped, found, advice);
}

/// <summary>The steps, from the outside in.</summary>
internal static class DoctorSteps
{
    public const string Dns = "dns";
    public const string Tcp = "tcp";

    /// <summary>The door routes this name.</summary>
    public const string Route = "route";

    /// <summary>A server answers TLS behind it.</summary>
    public const string Upstream = "upstream";

    /// <summary>It is the certificate of a site, for this name, and valid now.</summary>
    public const string Certificate = "certificate";

    /// <summary>The certificate comes from the federation's roots.</summary>
    public const string Chain = "chain";

    /// <summary>The server speaks the link.</summary>
    public const string Link = "link";

    public static IReadOnlyList<string> Behind(string step) => [.. All.SkipWhile(s => s != step).Skip(1)];

    private static readonly string[] All = [Dns, Tcp, Route, Upstream, Certificate, Chain, Link];
}
