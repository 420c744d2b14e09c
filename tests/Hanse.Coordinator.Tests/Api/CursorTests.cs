using Hanse.Coordinator.Api;

namespace Hanse.Coordinator.Tests.Api;

public sealed class CursorTests
{
    [Fact]
    public void Decode_own_text_gives_the_key()
    {
        Assert.True(Cursor.TryDecode(Cursor.Encode("web-1", "7"), 2, out var key));
        Assert.Equal(["web-1", "7"], key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%%%")]
    [InlineData("e30")]
    [InlineData("W251bGxd")]
    [InlineData("WyJhIiwiYiJd")]
    public void Decode_anything_else_is_refused(string text) => Assert.False(Cursor.TryDecode(text, 1, out _));
}
