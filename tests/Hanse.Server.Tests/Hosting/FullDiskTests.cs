using System.Text.Json;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>U7 on a real disk that is really full: the site says so, refuses new work, keeps what it acknowledged, and goes on once there is room.
/// All of it is asked with the CLI at the site's socket (J6).</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_site_whose_disk_fills_refuses_new_work_keeps_the_old_and_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.CreateAsync(megabytes: 500);
        var (hanse, agent, data) = (RealProcess.Program("hanse"), RealProcess.Program("hanse-agent"), disk.Folder + "/data");
        var (site, coordinator) = ($"--address unix:{data}/site.sock", $"--address unix:{data}/coordinator.sock");
        var port = RealProcess.FreePort();
        var log = disk.Folder + "-log";
        await disk.RunAsync($"{hanse} serve --data-dir {data} --listen 127.0.0.1:{port} --set addresses=127.0.0.1:{port} --set roles=coordinator,site > {log} 2>&1 & server=$!");
        try
        {
            await UntilAsync(disk, "the site to be online", $"{hanse} site list {coordinator} -o json", o => o.Contains("\"online\"", StringComparison.Ordinal), log);
            await disk.RunAsync($"{hanse} agent invite --site main {coordinator} -o json | grep -o 'hanse1:[A-Za-z0-9_-]*' | {agent} join --data {disk.Folder}-agent");
            await disk.RunAsync($"{agent} run --data {disk.Folder}-agent > {log}-agent 2>&1 & agent=$!");
            await UntilAsync(disk, "the host to be online", $"{hanse} host search {site} -o json", o => o.Contains("\"online\"", StringComparison.Ordinal), log);
            var (code, before) = await disk.RunAsync($"{hanse} run {site} --host $(hostname) -o json -- uname -s");
            Assert.True(code == 0, before);

            var (shown, section) = await disk.RunAsync($"{hanse} host show $(hostname) --section system {site} -o json 2>&1");
            Assert.True(shown == 0 && section.Contains("\"kernel\"", StringComparison.Ordinal), section);

            // Below the floor: said, refused, and what was there stays readable.
            await disk.RunAsync($"free=$(df --output=avail -m {disk.Folder} | tail -1); head -c $(( (free - 60) * 1048576 )) /dev/zero > {disk.Folder}/filler");
            var status = await UntilAsync(disk, "the site to say that its disk is full", $"{hanse} status {site} -o json", o => Truth(o, "diskFull"), log);
            Assert.InRange(JsonDocument.Parse(status).RootElement.GetProperty("diskFree").GetInt64(), 0, 128 * 1024 * 1024);
            var refused = await disk.RunAsync($"{hanse} run {site} --host $(hostname) -- uname -s 2>&1");
            Assert.NotEqual(0, refused.Code);
            Assert.Contains("disk is full", refused.Output, StringComparison.Ordinal);

            // Full to the last byte: PostgreSQL itself may give up, and is started again once there is room.
            await disk.RunAsync($"cat /dev/zero > {disk.Folder}/filler2 2>/dev/null");
            await disk.RunAsync($"{hanse} run {site} --host $(hostname) -- uname -s 2>&1");
            await disk.RunAsync($"rm -f {disk.Folder}/filler {disk.Folder}/filler2");

            await UntilAsync(disk, "the site to have room", $"{hanse} status {site} -o json", o => o.Contains("diskFull", StringComparison.Ordinal) && !Truth(o, "diskFull"), log);
            await UntilAsync(disk, "a command to run again", $"{hanse} run {site} --host $(hostname) -- uname -s", o => o.Contains("Linux", StringComparison.Ordinal), log);
            var id = JsonDocument.Parse(before).RootElement.GetProperty("id").GetString();
            var (_, kept) = await disk.RunAsync($"{hanse} command show {id} {site} -o json");
            Assert.Contains("\"succeeded\"", kept, StringComparison.Ordinal);
            await UntilAsync(disk, "the first command at the coordinator", $"{hanse} command show {id} {coordinator} -o json", o => o.Contains("\"succeeded\"", StringComparison.Ordinal), log);
        }
        finally
        {
            await disk.RunAsync("kill $agent $server 2>/dev/null; wait $agent $server 2>/dev/null");
            Directory.Delete(disk.Folder + "-agent", recursive: true);
            File.Delete(log);
            File.Delete(log + "-agent");
        }
    }

    private static bool Truth(string json, string field) =>
        json.TrimStart().StartsWith('{') && JsonDocument.Parse(json).RootElement.TryGetProperty(field, out var value) && value.GetBoolean();

    private static async Task<string> UntilAsync(SmallDisk disk, string what, string command, Func<string, bool> holds, string log)
    {
        var output = "";
        await Wait.For(
            what,
            async () => holds(output = (await disk.RunAsync($"{command} 2>&1")).Output),
            TimeSpan.FromSeconds(90), () => $"{output}\n{File.ReadAllText(log)}");
        return output;
    }
}
