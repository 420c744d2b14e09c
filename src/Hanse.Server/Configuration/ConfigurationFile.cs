using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Hanse.Server.Configuration;

/// <summary>Reads hanse.yaml into entries that know their line. What a key may hold is judged elsewhere.</summary>
internal static class ConfigurationFile
{
    // The name is as shown in problems.
    public static IReadOnlyList<ConfigurationEntry> Read(string name, string text, ICollection<ConfigurationProblem> problems)
    {
        var entries = new List<ConfigurationEntry>();
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            switch (stream.Documents)
            {
                case []:
                    break;
                case [{ RootNode: YamlMappingNode root }]:
                    ReadMapping(root, "");
                    break;
                case [{ RootNode: YamlScalarNode { Value: null or "" } }]:
                    break;
                default:
                    problems.Add(new($"{name}:1", "", "the file is not one YAML mapping", "write keys and values, such as `dataDir: /var/lib/hanse`"));
                    break;
            }
        }
        catch (YamlException broken)
        {
            problems.Add(new($"{name}:{broken.Start.Line}", "", $"not valid YAML: {broken.Message.TrimEnd('.')}",
                "check the indentation (spaces, no tabs), quotes and doubled keys on and above this line"));
        }

        return entries;

        void ReadMapping(YamlMappingNode mapping, string prefix)
        {
            foreach (var (key, value) in mapping.Children)
            {
                var path = prefix + ((key as YamlScalarNode)?.Value ?? "?");
                var source = $"{name}:{key.Start.Line}";
                switch (value)
                {
                    case YamlMappingNode inner:
                        ReadMapping(inner, path + ".");
                        break;
                    case YamlScalarNode scalar:
                        entries.Add(new(source, path, [scalar.Value ?? ""], IsList: false));
                        break;
                    case YamlSequenceNode list when list.Children.All(c => c is YamlScalarNode):
                        entries.Add(new(source, path, list.Children.Select(c => ((YamlScalarNode)c).Value ?? "").ToArray(), IsList: true));
                        break;
                    default:
                        problems.Add(new(source, path, "a list of anything but plain values has no meaning here", "write it as [one, two]"));
                        break;
                }
            }
        }
    }
}
