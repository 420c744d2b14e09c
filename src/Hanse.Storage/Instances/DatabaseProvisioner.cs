using Dapper;
using Npgsql;

namespace Hanse.Storage.Instances;

/// <summary>Makes the databases of a private instance and the accounts that own them; what is there already is left alone.</summary>
internal sealed class DatabaseProvisioner(NpgsqlConnectionStringBuilder superuser)
{
    public async Task EnsureAsync(IReadOnlyList<string> roles, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(superuser);
        await using var connection = await source.OpenConnectionAsync(cancel);
        foreach (var role in roles)
        {
            var name = Quote(role);
            await EnsureAsync(connection, "select 1 from pg_roles where rolname = @role", role, [$"create role {name} login"], cancel);
            await EnsureAsync(
                connection,
                "select 1 from pg_database where datname = @role",
                role,
                // A role reaches its own database only.
                [$"create database {name} owner {name} template template0", $"revoke all on database {name} from public"],
                cancel);
        }
    }

    private static async Task EnsureAsync(
        NpgsqlConnection connection, string question, string role, string[] statements, CancellationToken cancel)
    {
        if (await connection.ExecuteScalarAsync<int?>(new CommandDefinition(question, new { role }, cancellationToken: cancel)) is not null)
        {
            return;
        }

        foreach (var statement in statements)
        {
            await connection.ExecuteAsync(new CommandDefinition(statement, cancellationToken: cancel));
        }
    }

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
