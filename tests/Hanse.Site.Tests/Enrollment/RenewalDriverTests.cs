using Hanse.Authority.Issuing;
using Hanse.Site.Enrollment;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>T3 when the disk refuses: a renewal that cannot be stored is tried until it can.</summary>
public sealed class RenewalDriverTests
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Given_a_disk_that_refuses_When_the_site_renews_its_certificate_Then_it_does_so_once_there_is_room()
    {
        await using var site = new SiteHost { Lifetimes = new LifetimeOptions { Leaf = Life } };
        await site.InitializeAsync();
        var server = site.Get<SiteIdentity>().Keys!.Server;
        var (before, file) = (server.Value.NotAfter, site.FilePath("site/identity/server.pem"));
        var held = await File.ReadAllBytesAsync(file);
        File.Delete(file);
        Directory.CreateDirectory(file + "/in-the-way");

        // A try leaves its mark on the folder, though not its file.
        var untouched = Directory.GetLastWriteTimeUtc(Path.GetDirectoryName(file)!);
        await UntilAsync(site, "a try that failed", () => Directory.GetLastWriteTimeUtc(Path.GetDirectoryName(file)!) != untouched);
        Assert.Equal(before, server.Value.NotAfter);
        Directory.Delete(file, recursive: true);
        await File.WriteAllBytesAsync(file, held);

        await UntilAsync(site, "the certificate to be renewed", () => server.Value.NotAfter > before);
    }

    private static Task UntilAsync(SiteHost site, string what, Func<bool> holds) => Wait.For(what, () =>
    {
        site.Clock.Advance(TimeSpan.FromSeconds(5));
        return holds();
    });
}
