using System.CommandLine;

namespace Hanse.Server.Cli;

/// <summary>Options that every operator's verb takes.</summary>
internal static class GlobalOptions
{
    public static Option<string?> Address { get; } = new("--address")
    {
        Description = "Server to ask: https://host:port, or unix:/path/to/socket. Default: $HANSE_ADDRESS, else the profile's.",
        HelpName = "ADDRESS", Recursive = true,
    };

    public static Option<string?> Profile { get; } = new("--profile")
    {
        Description = "Profile file that `hanse login` writes. Default: $HANSE_PROFILE, else ~/.config/hanse/profile.yaml.",
        HelpName = "FILE", Recursive = true,
    };

    public static Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "table for people, json for programs.",
        HelpName = "json|table", DefaultValueFactory = _ => OutputFormat.Table, Recursive = true,
    };
}
