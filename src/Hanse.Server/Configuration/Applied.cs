namespace Hanse.Server.Configuration;

/// <summary>What became of one value: the options with it, or what is wrong and how to put it right.</summary>
internal sealed record Applied(HanseOptions? Options, string? Wrong, string? Fix)
{
    public static Applied Ok(HanseOptions options) => new(options, null, null);

    public static Applied Bad(string wrong, string fix) => new(null, wrong, fix);
}
