using System.Text.Json.Serialization;
using Hanse.Agent.Paths;

namespace Hanse.Agent.Data;

/// <summary>Generated readers and writers of the agent's JSON: nothing is found by reflection, so trimming takes nothing away.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SiteRecord))]
[JsonSerializable(typeof(PathRecord))]
[JsonSerializable(typeof(StatusRecord))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(JoinView))]
internal sealed partial class AgentJson : JsonSerializerContext;
