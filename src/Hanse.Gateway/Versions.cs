using System.Reflection;

namespace Hanse.Gateway;

/// <summary>The version of this program, for people.</summary>
internal static class Versions
{
    internal static string Software { get; } =
        typeof(Versions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
