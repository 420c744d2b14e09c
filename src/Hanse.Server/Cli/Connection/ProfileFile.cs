using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Hanse.Server.Cli.Connection;

/// <summary>Reads and writes the profile.</summary>
internal static class ProfileFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Null when there is no file.</summary>
    public static Profile? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var open = File.GetUnixFileMode(path) & ~(OwnerOnly | UnixFileMode.UserExecute);
        if (open != 0)
        {
            throw new CliException(ExitCodes.Denied, $"the profile {path} holds a token and can be used by other accounts ({open}).",
                $"Close it: chmod 600 {path}");
        }

        try
        {
            return new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<Profile>(File.ReadAllText(path));
        }
        catch (YamlException broken)
        {
            throw new CliException(ExitCodes.Usage, $"the profile {path} cannot be read (line {broken.Start.Line}: {broken.Message}).",
                "Make a new one: hanse login https://host:port");
        }
    }

    /// <summary>Replaces the file as a whole, so that a reader never finds half of it.</summary>
    public static void Write(string path, Profile profile)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, OwnerOnly | UnixFileMode.UserExecute);
        var text = new SerializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance)
            .WithDefaultScalarStyle(ScalarStyle.Any).Build().Serialize(profile);
        var next = path + ".new";
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        using (var writer = new StreamWriter(file))
        {
            writer.Write(text);
        }

        File.Move(next, path, overwrite: true);
    }
}
