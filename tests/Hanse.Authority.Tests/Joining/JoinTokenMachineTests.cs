using Hanse.Authority.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Tests.Joining;

public sealed class JoinTokenMachineTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SpkiHash Key = SpkiHash.OfSpki([1]);
    private static readonly SpkiHash OtherKey = SpkiHash.OfSpki([2]);
    private static readonly JoinTokenState Fresh = JoinTokenMachine.Issue(JoinTokenMachine.NewToken(), Now.AddHours(24));

    private static readonly JoinTokenState Redeemed =
        ((JoinTokenDecision.First)JoinTokenMachine.Redeem(Fresh, Key, Now)).Next;

    public static TheoryData<string, JoinTokenState?, int, bool, string> Cases => new()
    {
        { "fresh", Fresh, 0, true, "first" },
        { "fresh, at the last moment", Fresh, 24 * 60 - 1, true, "first" },
        { "fresh, past", Fresh, 24 * 60, true, "token-expired" },
        { "not there", null, 0, true, "token-unknown" },
        { "redeemed, same key", Redeemed, 1, true, "again" },
        { "redeemed, same key, past", Redeemed, 24 * 60, true, "token-expired" },
        { "redeemed, other key", Redeemed, 1, false, "token-used" },
        { "redeemed, other key, past", Redeemed, 24 * 60, false, "token-used" },
        { "linked, same key", JoinTokenMachine.Link(Redeemed), 1, true, "token-used" },
        { "linked, other key", JoinTokenMachine.Link(Redeemed), 1, false, "token-used" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Redeem_decides(string what, JoinTokenState? state, int minutes, bool sameKey, string expected)
    {
        var decision = JoinTokenMachine.Redeem(state, sameKey ? Key : OtherKey, Now.AddMinutes(minutes)) switch
        {
            JoinTokenDecision.First => "first",
            JoinTokenDecision.Again => "again",
            JoinTokenDecision.Refused refused => refused.Code,
            var other => other.ToString(),
        };

        Assert.True(expected == decision, $"{what}: {decision}");
    }

    [Fact]
    public void State_holdsNeitherTokenNorKey()
    {
        var token = JoinTokenMachine.NewToken();
        var state = ((JoinTokenDecision.First)JoinTokenMachine.Redeem(JoinTokenMachine.Issue(token, Now.AddHours(1)), Key, Now)).Next;

        Assert.Equal(JoinTokenMachine.Digest(token), state.Digest);
        Assert.NotEqual(token, state.Digest);
        Assert.NotEqual(Key.ToBytes(), state.Binding);
    }
}
