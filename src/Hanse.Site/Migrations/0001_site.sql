-- A site's own tables: its place in the federation, its agents and their detail, commands, and the outbox.

create table enrollment_site (
    singleton boolean primary key default true check (singleton),
    site_id uuid not null,
    federation_id uuid not null,
    name text not null,
    external_names text[] not null,
    addresses text[] not null,                -- where agents dial it
    coordinator_server_name text not null,
    coordinator_addresses text[] not null,
    site_key bytea not null,                  -- K_site, derived for this site alone (J3)
    incarnation uuid,                         -- the coordinator life whose desired state is held (U5)
    incarnation_number bigint not null default 0,
    generation bigint not null default 0,     -- observed generation (D1)
    joined_at timestamptz not null
);

-- status as HostStatus: 1 online, 2 offline, 3 quarantined, 4 banned. A removed host keeps its row, so that its id is known.
create table agents_host (
    id uuid primary key,
    hostname text not null,
    machine_id text not null default '',
    boot_id text not null default '',
    status smallint not null,
    status_reason text not null default '',
    agent_version text not null default '',
    os text not null default '',
    os_family text not null default '',
    kernel text not null default '',
    addresses bytea[] not null default '{}',
    tags text[] not null default '{}',
    certificate_spki bytea not null,
    certificate_not_after timestamptz not null,
    link_secret bytea,                        -- J5: SHA-256 of the last two secrets given
    previous_link_secret bytea,
    joined_at timestamptz not null,
    last_seen timestamptz not null,
    removed_at timestamptz
);
create index agents_host_certificate on agents_host (certificate_spki);
create index agents_host_hostname on agents_host (lower(hostname)) where removed_at is null;

create table inventory_section (
    host_id uuid not null references agents_host (id) on delete cascade,
    name text not null,
    hash bytea not null,
    body bytea not null,
    error text not null default '',
    collected_at timestamptz not null,
    received_at timestamptz not null,
    primary key (host_id, name)
);

create table commands_command (
    id uuid primary key,
    local boolean not null,                   -- given here (J6), not by the coordinator
    actor text not null,
    reason text not null default '',
    script bytea not null,
    created_at timestamptz not null,
    deadline_at timestamptz not null,
    give_up_at timestamptz,                   -- local only: when a missing outcome becomes unknown
    idempotency_key text unique
);

-- A cancel that overtakes its command leaves an execution without one (D2). state as ExecutionState. offered: an agent may hold it, so this site may no longer end it by itself (D2).
create table commands_execution (
    command_id uuid not null,
    host_id uuid not null,
    state smallint not null,
    offered boolean not null default false,
    cancel_requested boolean not null default false,
    exit_code integer,
    reason text not null default '',
    detail text not null default '',
    report bytea,                             -- the outcome as the agent gave it
    started_at timestamptz,
    finished_at timestamptz,
    primary key (command_id, host_id)
);
create index commands_execution_open on commands_execution (host_id) where state in (1, 2, 3);

create table commands_output (
    command_id uuid not null,
    host_id uuid not null,
    stream smallint not null,
    start_offset bigint not null,
    data bytea not null,
    primary key (command_id, host_id, stream, start_offset)
);

create table uplink_self (
    singleton boolean primary key default true check (singleton),
    epoch uuid not null,
    next_sequence bigint not null,            -- U1: given by the one drainer, in commit order
    acknowledged bigint not null
);

-- U4: kept after acknowledgement until a verified backup covers them, and at least seven days.
create table uplink_record (
    id bigint generated always as identity primary key,
    fact bytea not null,
    created_at timestamptz not null,
    epoch uuid,
    sequence bigint,
    acknowledged_at timestamptz,
    unique (epoch, sequence)
);
create index uplink_record_unnumbered on uplink_record (id) where sequence is null;
create index uplink_record_waiting on uplink_record (sequence) where sequence is not null and acknowledged_at is null;

create table uplink_set_aside (
    epoch uuid not null,
    sequence bigint not null,
    code text not null,
    message text not null,
    fact bytea not null,
    set_aside_at timestamptz not null,
    confirmed boolean not null default false, -- the coordinator was told
    primary key (epoch, sequence)
);

-- U2: the newest value of each key; waiting while counter > acknowledged.
create table uplink_state (
    class smallint not null,
    key bytea not null,
    counter bigint not null,
    acknowledged bigint not null default 0,
    value bytea not null,                     -- a StateEntry's HostState, RollupState or, when deleted, nothing
    deleted boolean not null default false,
    changed_at timestamptz not null,
    refusal text not null default '',
    primary key (class, key)
) with (fillfactor = 80);
create index uplink_state_waiting on uplink_state (changed_at desc) where counter > acknowledged;

-- J5: newcomers that showed the key of a host which was already here.
create table agents_quarantine (
    host_id uuid not null,
    address text not null,
    tries integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (host_id, address)
);
