using System.Net;
using System.Text;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Tests.Routes;

public sealed class RouteTableTests
{
    private static readonly IPEndPoint Somewhere = new(IPAddress.Loopback, 4);

    [Theory]
    [InlineData("north.example.org", "exact")]
    [InlineData("a.example.org", "wild")]
    [InlineData("a.b.example.org", "wild")]
    [InlineData("a.deep.example.org", "deep")]
    [InlineData("deep.example.org", "wild")]
    [InlineData("example.org", "default")]
    [InlineData("other", "default")]
    public void Find_name_route(string name, string key)
    {
        var book = new RouteBook();
        book.Swap([Route("wild", "*.example.org"), Route("exact", "north.example.org"), Route("deep", "*.deep.example.org"), Route("default") with { IsDefault = true }]);
        Assert.Equal(key, book.Current.Find(name)!.Spec.Key);
    }

    [Fact]
    public void Find_no_default_null()
    {
        var book = new RouteBook();
        book.Swap([Route("a", "a.example.org")]);
        Assert.Null(book.Current.Find("b.example.org"));
        Assert.Null(RouteTable.Empty.Find("a"));
    }

    [Fact]
    public void Swap_key_kept_place_and_upstream_kept_and_the_gone_are_told()
    {
        var book = new RouteBook();
        book.Swap([Route("a", "a.x"), Route("b", "b.x")]);
        var before = book.Current;
        Assert.Equal([before.Routes[0].Slot], book.Swap([Route("b", "c.x"), Route("d", "d.x")]));
        Assert.Equal(before.Routes[1].Slot, book.Current.Routes[0].Slot);
        Assert.Same(before.Routes[1].Upstreams[0], book.Current.Routes[0].Upstreams[0]);
        Assert.Equal("a", before.Find("a.x")!.Spec.Key);
    }

    /// <summary>Both sources full, and all of them others after the change: two that shared a place would share their connections.</summary>
    [Fact]
    public void Swap_as_many_routes_as_there_may_be_each_has_its_place()
    {
        var book = new RouteBook();
        for (var round = 0; round < 3; round++)
        {
            var before = book.Current.Routes;
            book.Swap([.. Enumerable.Range(0, 2 * RouteBook.MostOfSource).Select(i => Route($"{round}/{i}"))]);
            var places = before.Concat(book.Current.Routes).Select(r => r.Slot).ToHashSet();
            Assert.Equal(before.Count + (2 * RouteBook.MostOfSource), places.Count);
            Assert.DoesNotContain(RouteBook.Orphans, places);
        }

        Assert.Equal("other", book.Key(RouteBook.Orphans));
    }

    [Theory]
    [InlineData("North.Example.ORG", "north.example.org")]
    [InlineData("north.example.org.", "north.example.org")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("_x.a-b", "_x.a-b")]
    [InlineData("", null)]
    [InlineData(".", null)]
    [InlineData("a..b", null)]
    [InlineData("a b", null)]
    [InlineData("a/b", null)]
    [InlineData("a\0b", null)]
    public void Normalize_wire_form(string wire, string? form)
    {
        Span<char> buffer = stackalloc char[ServerName.Longest + 1];
        var count = ServerName.Normalize(Encoding.UTF8.GetBytes(wire), buffer);
        Assert.Equal(form, count < 0 ? null : new string(buffer[..count]));
        Assert.Equal(form, ServerName.TryNormalize(wire));
    }

    private static RouteSpec Route(string key, params string[] names) => new(key, names, [Somewhere]);
}
