namespace Hanse.Agent.Inventory.Facts;

/// <summary>One line of a socket table; the inode leads to the process that holds it.</summary>
internal sealed record ListeningSocket(string Protocol, string Address, int Port, long UserId, string Inode);
