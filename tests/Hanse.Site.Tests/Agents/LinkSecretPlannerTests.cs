using System.Security.Cryptography;
using Hanse.Site.Agents;

namespace Hanse.Site.Tests.Agents;

/// <summary>J5: the last two link secrets are valid, anything older is a second holder of the key.</summary>
public sealed class LinkSecretPlannerTests
{
    private static readonly byte[] Newest = [1, 1, 1];
    private static readonly byte[] Before = [2, 2, 2];
    private static readonly byte[] Oldest = [3, 3, 3];

    [Fact]
    public void Judge_never_given_first() => Assert.Equal(SecretVerdict.First, LinkSecretPlanner.Judge([], null, null));

    [Fact]
    public void Judge_the_last_one_current() => Assert.Equal(SecretVerdict.Current, Judge(Newest));

    [Fact]
    public void Judge_the_one_before_previous() => Assert.Equal(SecretVerdict.Previous, Judge(Before));

    [Fact]
    public void Judge_an_older_one_stale() => Assert.Equal(SecretVerdict.Stale, Judge(Oldest));

    [Fact]
    public void Judge_none_after_one_was_given_stale() => Assert.Equal(SecretVerdict.Stale, Judge([]));

    private static SecretVerdict Judge(byte[] shown) => LinkSecretPlanner.Judge(shown, SHA256.HashData(Newest), SHA256.HashData(Before));
}
