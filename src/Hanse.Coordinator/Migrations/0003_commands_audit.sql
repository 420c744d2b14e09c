-- The audit log (A1-A2). A log id is one unbroken tree; a restore begins a new one (A4), and the highest ordinal is written to.
create table audit_log (
    ordinal integer primary key,
    log_id uuid not null unique,
    entry_count bigint not null,
    frontier bytea not null,                  -- peaks of the Merkle tree over entry_count leaves
    started_at timestamptz not null
);

-- bytes is what was hashed; every other column repeats a part of it and is compared with it by verification.
create table audit_entry (
    log integer not null,
    seq bigint not null,                      -- gapless from 1: leaf index + 1
    bytes bytea not null,
    leaf_hash bytea not null,
    occurred_at timestamptz not null,
    actor text not null,
    account text,
    token text,
    source_address text,
    operation text not null,
    site_id uuid,
    hosts_count bigint not null,
    hosts_root bytea,
    command_id uuid,
    outcome text,
    reason text,
    primary key (log, seq)
);
create index audit_entry_command on audit_entry (command_id, log, seq) where command_id is not null;
create index audit_entry_actor on audit_entry (actor, log, seq);

-- The hosts of an entry, 16 bytes each, in the order of its Merkle root (A2).
create table audit_target (
    log integer not null,
    seq bigint not null,
    hosts bytea not null,
    primary key (log, seq)
);

create table commands_command (
    id uuid primary key,
    created_at timestamptz not null,
    deadline timestamptz not null,            -- for starting
    give_up_at timestamptz not null,          -- deadline + timeout + grace (D2)
    next_check_at timestamptz,                -- of the reaper; null once nothing is left to end
    actor text not null,
    reason text not null,
    script bytea not null,                    -- protobuf Script, as it is sent
    host_count integer not null,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    told_by uuid,                             -- the site that told of it; null if it was given here
    local boolean not null                    -- given at that site (J6)
);
create index commands_command_created on commands_command (created_at desc, id desc);
create index commands_command_check on commands_command (next_check_at) where next_check_at is not null;

-- state, cancel_requested and offered are the machine's status (D2); state is the wire's number.
create table commands_execution (
    command_id uuid not null,
    host_id uuid not null,
    site_id uuid not null,
    hostname text not null,                   -- as it was called when the command was given
    state smallint not null,
    cancel_requested boolean not null,
    offered boolean not null,
    exit_code integer,
    reason text,
    detail text,
    started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz not null,
    stdout_head bytea,
    stdout_tail bytea,
    stdout_length bigint,
    stdout_truncated boolean,
    stderr_head bytea,
    stderr_tail bytea,
    stderr_length bigint,
    stderr_truncated boolean,
    primary key (command_id, site_id, host_id) -- a host is in a command once
) with (fillfactor = 70);                     -- room for in-page updates: no index holds a column that changes

-- How many executions of a command at a site are in each state: what a command's state is derived from (D3). Whoever changes
-- executions of a command at a site locks this row first; sites do not wait for each other.
create table commands_tally (
    command_id uuid not null,
    site_id uuid not null,
    queued integer not null default 0,
    delivered integer not null default 0,
    running integer not null default 0,
    succeeded integer not null default 0,
    failed integer not null default 0,
    timed_out integer not null default 0,
    cancelled integer not null default 0,
    expired integer not null default 0,
    rejected integer not null default 0,
    unknown integer not null default 0,
    primary key (command_id, site_id)
) with (fillfactor = 70);

-- What must still reach a site: kind 1 the command, kind 2 the wish to cancel it. Removed when the site has confirmed it.
create table commands_dispatch (
    command_id uuid not null,
    site_id uuid not null,
    kind smallint not null,
    created_at timestamptz not null,
    due_at timestamptz not null,              -- while it is being sent: when another may try again
    attempts integer not null default 0,
    last_error text,
    primary key (command_id, site_id, kind)
);
create index commands_dispatch_due on commands_dispatch (site_id, due_at);

create table commands_idempotency (
    actor text not null,
    key text not null,
    body_hash bytea not null,
    command_id uuid not null,
    created_at timestamptz not null,
    primary key (actor, key)
);
create index commands_idempotency_created on commands_idempotency (created_at);
