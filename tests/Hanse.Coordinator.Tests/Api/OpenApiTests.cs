using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Api;

/// <summary>api/openapi.json is what a coordinator serves. Run with HANSE_UPDATE=1 to write it anew.</summary>
public sealed class OpenApiTests
{
    private static readonly System.Text.Json.JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public async Task The_committed_document_is_the_served_one()
    {
        await using var host = await ApiHost.StartAsync();
        var served = JsonNode.Parse(await host.Anonymous.GetStringAsync("/openapi/v1.json"))!.ToJsonString(Indented) + "\n";
        var path = Path.Combine(Checkout.Root, "api", "openapi.json");
        if (Environment.GetEnvironmentVariable("HANSE_UPDATE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, served);
        }

        Assert.Equal(await File.ReadAllTextAsync(path), served);
    }

    [Fact]
    public async Task Every_operation_has_an_id_a_summary_and_a_tag()
    {
        await using var host = await ApiHost.StartAsync();
        var document = JsonNode.Parse(await host.Anonymous.GetStringAsync("/openapi/v1.json"))!;
        var vague = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => (Name: $"{operation.Key} {path.Key}", Operation: operation.Value!)))
            .Where(o => o.Operation["operationId"] is null || o.Operation["summary"] is null || o.Operation["tags"] is null)
            .Select(o => o.Name);
        Assert.Empty(vague);
    }
}
