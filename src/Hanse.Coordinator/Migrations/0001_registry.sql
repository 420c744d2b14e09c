-- Who the federation is, its sites, and how far each site's outbox has been applied.

create table enrollment_federation (
    singleton boolean primary key default true check (singleton),
    federation_id uuid not null,
    incarnation uuid not null,                -- one life of this database (U5)
    incarnation_number bigint not null,
    trust_generation bigint not null,
    sealed_customer_key bytea not null,       -- J3, sealed under the key file (T7)
    created_at timestamptz not null
);

-- T4: trust is a set; position 0 issues, position 1 is the next root while a rotation runs.
create table enrollment_root (
    position smallint primary key,
    certificate bytea not null,
    sealed_key bytea not null,
    created_at timestamptz not null
);

-- T5: the registry of intermediates is where verifiers take them from. site_id is null for the coordinator's own.
create table enrollment_intermediate (
    spki_sha256 bytea primary key,
    site_id uuid,
    certificate bytea not null,
    not_after timestamptz not null,
    created_at timestamptz not null
);
create index enrollment_intermediate_site on enrollment_intermediate (site_id);

-- J2: hash is SHA-256 of the token; redeemed_hash = SHA-256(hash || SPKI) once it was used.
create table enrollment_token (
    token_hash bytea primary key,
    kind smallint not null,
    node_id uuid not null,
    expires_at timestamptz not null,
    redeemed_hash bytea,
    linked boolean not null default false,    -- the node has had its first link: the token answers no more
    created_at timestamptz not null
);

-- T6: the numbered lists, as signed.
create table enrollment_revocation (
    incarnation_number bigint not null,
    number bigint not null,
    list bytea not null,
    signature bytea not null,
    signer bytea not null,
    primary key (incarnation_number, number)
);

create table enrollment_ban (
    host_id uuid primary key,
    site_id uuid not null,
    reason text not null,
    actor text not null,
    banned_at timestamptz not null
);

-- status: 0 pending, 1 enrolled, 2 suspended, 3 removed
create table sites_site (
    key integer generated always as identity unique,
    id uuid primary key,
    name text not null,
    status smallint not null,
    external_names text[] not null,
    addresses text[] not null,
    location text,
    latitude double precision,
    longitude double precision,
    generation bigint not null default 1,     -- of its desired state (D1)
    observed_generation bigint not null default 0,
    host_count bigint not null default 0,
    online_count bigint not null default 0,
    queue_depth bigint not null default 0,
    oldest_record_at timestamptz,
    software_version text,
    last_sync_at timestamptz,
    last_error text,
    intermediate_expires_at timestamptz,
    created_at timestamptz not null,
    enrolled_at timestamptz,
    removed_at timestamptz
);
-- A removed site's name is free again; its id never is.
create unique index sites_site_name on sites_site (lower(name)) where status <> 3;

-- L6: one replica holds a site's link; every batch is applied only under the current fence.
create table sites_link (
    site_id uuid primary key,
    replica uuid not null,
    address text not null,
    fence bigint not null,
    connected_at timestamptz not null,
    disconnected_at timestamptz
);

-- U1: high water of each epoch of a site; ordinal orders them, the highest is the current one.
create table uplink_mark (
    site_id uuid not null,
    ordinal integer not null,
    epoch uuid not null,
    high_water bigint not null,
    primary key (site_id, ordinal),
    unique (site_id, epoch)
);

-- U3: refusals are repeated until the site confirms having set them aside.
create table uplink_refusal (
    site_id uuid not null,
    epoch uuid not null,
    sequence bigint not null,
    code text not null,
    message text not null,
    record bytea not null,
    refused_at timestamptz not null,
    confirmed_at timestamptz,
    primary key (site_id, epoch, sequence)
);

create table rollups_value (
    site_id uuid not null,
    metric text not null,
    ordinal integer not null,
    counter bigint not null,
    value jsonb not null,
    computed_at timestamptz not null,
    received_at timestamptz not null,
    primary key (site_id, metric)
);
