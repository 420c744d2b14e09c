namespace Hanse.Agent.Inventory.Sources;

/// <summary>Why a section could not be collected, in words for the person who reads the section.</summary>
internal sealed class InventoryException(string message) : Exception(message);
