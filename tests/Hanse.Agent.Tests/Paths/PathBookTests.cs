using Hanse.Agent.Paths;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;

namespace Hanse.Agent.Tests.Paths;

public sealed class PathBookTests : IDisposable
{
    private static readonly NodeAddress[] Joined = [new("old.example", 7443)];
    private readonly TestFolder _folder = new();

    private string File => _folder.File("paths.json");

    [Fact]
    public void Open_without_a_file_has_what_joining_gave() =>
        Assert.Equal(["old.example:7443"], Texts(PathBook.Open(File, Joined)));

    [Fact]
    public void Accept_puts_the_site_first_then_gateways_then_what_joining_gave_and_keeps_it()
    {
        var told = Told(["north.example:7443", "10.0.1.10:7443"], ["door.example:443"]);
        Assert.True(PathBook.Open(File, Joined).Accept(told));
        var book = PathBook.Open(File, Joined);
        Assert.Equal(["north.example:7443", "10.0.1.10:7443", "door.example:443", "old.example:7443"], Texts(book));
        Assert.Equal([false, false, true, false], book.All.Select(p => p.ByGateway));
        Assert.True(book.Accept(new SitePaths()));
        Assert.Equal(["old.example:7443"], Texts(PathBook.Open(File, Joined)));
    }

    [Fact]
    public void ToTry_begins_with_the_path_that_worked_last_until_it_is_forgotten()
    {
        var book = PathBook.Open(File, Joined);
        book.Accept(Told(["north.example:7443"], ["door.example:443"]));
        book.Linked(new NodeAddress("door.example", 443));
        Assert.Equal(["door.example:443", "north.example:7443", "old.example:7443"], book.ToTry.Select(a => a.ToString()));
        Assert.True(book.Last!.ByGateway);
        book.Forget();
        Assert.Equal("north.example:7443", book.ToTry[0].ToString());
    }

    [Theory]
    [InlineData("north.example")]
    [InlineData("north.example:0")]
    [InlineData("north example:7443")]
    [InlineData("north.example:7443\n")]
    [InlineData("")]
    public void Accept_of_what_is_no_address_changes_nothing(string address)
    {
        var book = PathBook.Open(File, Joined);
        Assert.True(book.Accept(Told(["north.example:7443"], [])));
        Assert.False(book.Accept(Told(["south.example:7443"], [address])));
        Assert.Equal(["north.example:7443", "old.example:7443"], Texts(book));
        Assert.Equal(["north.example:7443", "old.example:7443"], Texts(PathBook.Open(File, Joined)));
    }

    [Fact]
    public void Accept_takes_no_more_than_a_bounded_number()
    {
        var book = PathBook.Open(File, Joined);
        Assert.True(book.Accept(Told(Enumerable.Range(0, 20).Select(i => $"a{i}.example:1"), Enumerable.Range(0, 12).Select(i => $"b{i}.example:1"))));
        Assert.False(book.Accept(Told(Enumerable.Range(0, 20).Select(i => $"c{i}.example:1"), Enumerable.Range(0, 13).Select(i => $"d{i}.example:1"))));
        Assert.Equal("a0.example:1", Texts(book)[0]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"addresses":["x"],"gateways":[]}""")]
    public void Open_of_a_damaged_file_has_what_joining_gave(string content)
    {
        System.IO.File.WriteAllText(File, content);
        Assert.Equal(["old.example:7443"], Texts(PathBook.Open(File, Joined)));
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Texts(PathBook book) => [.. book.All.Select(p => p.Address.ToString())];

    private static SitePaths Told(IEnumerable<string> addresses, IEnumerable<string> gateways)
    {
        var paths = new SitePaths();
        paths.Addresses.AddRange(addresses);
        paths.GatewayAddresses.AddRange(gateways);
        return paths;
    }
}
