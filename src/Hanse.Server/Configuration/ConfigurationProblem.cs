namespace Hanse.Server.Configuration;

/// <summary>One thing wrong with the configuration. <see cref="ToString"/> is the line people see.
/// The source is <c>file:line</c>, the variable, or the flag; the key is empty when the file as a whole cannot be read.</summary>
internal sealed record ConfigurationProblem(string Source, string Key, string Wrong, string Fix)
{
    public override string ToString() => $"{Source}: {(Key.Length == 0 ? "" : $"{Key}: ")}{Wrong}; {Fix}{(Fix.EndsWith('?') ? "" : ".")}";
}
