namespace Hanse.Protocol.Audit;

/// <summary>Gives the hash of one complete subtree: the 2^level leaves from <c>index · 2^level</c> on; level 0 are the leaf
/// hashes themselves. Asked only for subtrees that lie wholly in the tree the proof is for.</summary>
public delegate byte[] MerkleNodeReader(int level, ulong index);
