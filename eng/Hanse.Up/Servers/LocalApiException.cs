namespace Hanse.Up.Servers;

/// <summary>A server refused something that <c>./up</c> relies on.</summary>
internal sealed class LocalApiException(string message) : Exception(message);
