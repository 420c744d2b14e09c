-- What others can check of this node's audit log, and what it has seen of theirs (A3, A4). Entries that an older program wrote have no nodes:
-- proofs then read the leaves under the missing ones.

-- Roots of complete subtrees of 2^level entries, for level 8, 16, …: a proof reads a few of them and never the whole log.
create table audit_node (
    log integer not null,
    level smallint not null,
    position bigint not null,
    hash bytea not null,
    primary key (log, level, position)
);

-- Checkpoints of the own log, as signed; what witnesses signed beside it.
create table audit_checkpoint (
    log integer not null,
    size bigint not null,
    note text not null,
    created_at timestamptz not null,
    primary key (log, size)
);
create table audit_cosignature (
    log integer not null,
    size bigint not null,
    signer text not null,                     -- identity of the node
    line text not null,
    primary key (log, size, signer)
);

-- Public certificates of all who signed here, so that what they signed can be shown to anybody.
create table audit_certificate (
    hash bytea primary key,
    der bytea not null
);

-- How each witness last answered; problem is why it did not cosign.
create table audit_witness (
    signer text primary key,
    log integer not null,
    size bigint not null,
    cosigned_at timestamptz,
    problem text,
    problem_at timestamptz
);

-- Of logs of others: the newest checkpoint that this node has cosigned. A log that was followed by another (A4) stays.
create table audit_held (
    owner text not null,
    log_id uuid not null,
    size bigint not null,
    note text not null,
    seen_at timestamptz not null,
    followed_by uuid,
    primary key (owner, log_id)
);

-- For good: where a log of another did not go on from what this node had seen of it.
create table audit_break (
    id bigint generated always as identity primary key,
    owner text not null,
    log_id uuid not null,
    kind text not null check (kind in ('conflict', 'recovered')),
    why text not null,
    held text not null,                       -- note
    shown text not null,                      -- note
    detected_at timestamptz not null,
    healed_at timestamptz                     -- of a conflict: when the owner again showed what goes on from what is held
);
create unique index audit_break_open on audit_break (owner) where kind = 'conflict' and healed_at is null;
