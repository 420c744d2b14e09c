using Hanse.Up;
using Hanse.Up.Servers;

try
{
    return await UpCommand.RunAsync(UpOptions.Parse(args), TimeProvider.System);
}
catch (UpException failure)
{
    Console.Error.WriteLine($"up: {failure.Message}");
    return failure.ExitCode;
}
catch (Exception failure) when (failure is LocalApiException or HttpRequestException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"up: {failure.Message}");
    return 1;
}
