using System.Text.Json;
using Hanse.Up.Processes;

namespace Hanse.Up.State;

/// <summary>The state on disk. Held by one <c>./up</c> at a time; written whole and renamed into place, after every step, so that
/// whatever was started is known even if <c>./up</c> itself is killed.</summary>
internal sealed class UpStateFile : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _path;
    private readonly FileStream _lock;

    private UpStateFile(string path, FileStream held, UpState state) => (_path, _lock, State) = (path, held, state);

    public UpState State { get; private set; }

    /// <summary>Reads without the lock: for looking only.</summary>
    public static UpState Peek(Places places) => File.Exists(places.StateFile) ? SuccessorFinder.Renew(Read(places.StateFile)) : new UpState();

    public static UpStateFile Take(Places places)
    {
        FileStream held;
        try
        {
            // FileShare.None is flock(2) here; the kernel lets go of it however the process ends.
            held = new FileStream(places.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new UpException($"another ./up is at work in {places.Data}. Wait for it, or end it with Ctrl-C.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UpException($"{places.Data} belongs to another account. Run as that account, or name another folder with --data DIR.");
        }

        try
        {
            return new UpStateFile(places.StateFile, held, Peek(places));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Save(UpState state)
    {
        State = state;
        var next = _path + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(state, Json));
        File.Move(next, _path, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    private static UpState Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<UpState>(File.ReadAllText(path), Json) ?? new UpState();
        }
        catch (JsonException broken)
        {
            throw new UpException($"{path} cannot be read ({broken.Message}). End what runs by hand and remove the folder, or name another with --data DIR.");
        }
    }
}
