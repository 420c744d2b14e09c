namespace Hanse.Server.Cli;

internal enum OutputFormat
{
    Table,
    Json,
}
