using System.Globalization;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>hardware</c>: processor, memory in total (free memory changes all the time and is not told), and who made it.</summary>
internal sealed class HardwareSource(HostView host) : IInventorySource
{
    public string Section => "hardware";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var cpus = host.Text("/proc/cpuinfo") ?? throw new InventoryException("/proc/cpuinfo cannot be read.");
        var blocks = cpus.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(Fields).Where(f => f.ContainsKey("processor")).ToList();
        var memory = Fields(host.Text("/proc/meminfo") ?? "");
        return Task.FromResult(SectionJson.Object(json =>
        {
            json.WriteStartObject("cpu");
            json.Number("cores", Cores(blocks));
            json.Text("model", First(blocks, "model name") ?? First(blocks, "Model") ?? First(blocks, "cpu model") ?? First(blocks, "CPU part"));
            json.Number("sockets", blocks.Select(b => b.GetValueOrDefault("physical id", "0")).Distinct(StringComparer.Ordinal).Count());
            json.Number("threads", blocks.Count);
            json.Text("vendor", First(blocks, "vendor_id") ?? First(blocks, "CPU implementer"));
            json.WriteEndObject();
            json.WriteStartObject("memory");
            json.Number("swapBytes", Bytes(memory, "SwapTotal"));
            json.Number("totalBytes", Bytes(memory, "MemTotal"));
            json.WriteEndObject();
            json.WriteStartObject("product");
            json.Text("biosVersion", Dmi("bios_version"));
            json.Text("name", Dmi("product_name"));
            json.Text("serial", Dmi("product_serial"));
            json.Text("vendor", Dmi("sys_vendor"));
            json.WriteEndObject();
        }));
    }

    private static int Cores(List<Dictionary<string, string>> blocks)
    {
        var named = blocks.Where(b => b.ContainsKey("core id"))
            .Select(b => (b.GetValueOrDefault("physical id", "0"), b["core id"])).Distinct().Count();
        return named > 0 ? named : blocks.Count;
    }

    private static string? First(List<Dictionary<string, string>> blocks, string field) =>
        blocks.Select(b => b.GetValueOrDefault(field)).FirstOrDefault(v => !string.IsNullOrEmpty(v));

    private string? Dmi(string name) => host.Value("/sys/class/dmi/id/" + name);

    private static long? Bytes(Dictionary<string, string> memory, string field) =>
        memory.GetValueOrDefault(field) is { } text && long.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kibibytes)
            ? kibibytes * 1024
            : null;

    private static Dictionary<string, string> Fields(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
            }
        }

        return fields;
    }
}
