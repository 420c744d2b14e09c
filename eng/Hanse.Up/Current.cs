namespace Hanse.Up;

/// <summary>Which federation <c>./hanse</c> talks to when nobody says: the one this checkout last brought up.</summary>
internal static class Current
{
    public static void Remember(string checkout, string data)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(checkout))!);
        File.WriteAllText(PathOf(checkout), data + "\n");
    }

    public static void Forget(string checkout, string data)
    {
        if (File.Exists(PathOf(checkout)) && File.ReadAllText(PathOf(checkout)).Trim() == data)
        {
            File.Delete(PathOf(checkout));
        }
    }

    private static string PathOf(string checkout) => Path.Combine(checkout, "artifacts", "up.current");
}
