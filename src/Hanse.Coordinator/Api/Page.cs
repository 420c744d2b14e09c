namespace Hanse.Coordinator.Api;

/// <summary>One page of a list. <see cref="Next"/> is the opaque cursor of the page after it, null on the last one; cursors
/// name a place in the order, so rows that come or go between two pages are never repeated or skipped.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
