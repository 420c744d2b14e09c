using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Hosts;

/// <summary>Sites that hold one section, <c>packages</c>, of every host, and note what they are asked; or are offline.</summary>
internal sealed class FakeDetailSites : ISiteChannel
{
    public const string Packages = """[{"name":"bash","version":"5.2"}]""";

    public event Action<SiteId>? CameOnline
    {
        add { }
        remove { }
    }

    public IReadOnlyCollection<SiteId> Connected => [];

    public IReadOnlyCollection<SiteId> Accepting => Connected;

    public bool Offline { get; set; }

    /// <summary>Of every host; null: none are known.</summary>
    public HostMetrics? Metrics { get; set; }

    public List<IMessage> Asked { get; } = [];

    public Task<SiteReply<T>> RequestAsync<T>(SiteId site, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        if (Offline)
        {
            return Task.FromResult(new SiteReply<T>(null, new("site-offline", "No link.")));
        }

        Asked.Add(request);
        if (request is HostMetricsQuery)
        {
            return Task.FromResult(Metrics is null ? new SiteReply<T>(null, new("not-found", "Nothing.")) : new SiteReply<T>((T)(object)Metrics, null));
        }

        var reply = new T();
        if (reply is HostDetail detail && request is HostDetailQuery query)
        {
            detail.Sections.Add(new SectionSummary { Name = "packages", Size = (uint)Packages.Length, CollectedUnixMs = 1_800_000_000_000 });
            detail.Body = query.Section == "packages" ? ByteString.CopyFromUtf8(Packages) : ByteString.Empty;
        }

        return Task.FromResult(new SiteReply<T>(reply, null));
    }
}
