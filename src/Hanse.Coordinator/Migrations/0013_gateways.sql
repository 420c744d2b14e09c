-- Gateways: who they are, which routes each is given (G1), and what it last told of itself.

-- status: 0 pending, 1 enrolled, 3 removed, as with sites
create table gateways_gateway (
    id uuid primary key,
    name text not null,
    status smallint not null,
    addresses text[] not null,                -- host:port under which it is reached from outside
    sites uuid[],                             -- the sites it was invited for; null = all
    console boolean not null,                 -- it has a route to the coordinator too
    pseudonyms boolean not null,              -- its datagrams do not tell sources' addresses
    standbys jsonb not null default '{}',     -- by site id: where its datagrams go as well
    draining boolean not null default false,
    drain_window_ms integer not null default 0,
    routes_number bigint not null default 0,  -- of its newest snapshot
    routes_digest bytea,                      -- of that one's content
    observed_number bigint not null default 0,
    certificate bytea,                        -- the newest; given again to who redeems the token again (J2)
    certificate_expires_at timestamptz,
    software_version text,
    report bytea,                             -- the newest GatewayReport
    reported_at timestamptz,
    last_error_code text,
    last_error_message text,
    last_error_at timestamptz,
    created_at timestamptz not null,
    enrolled_at timestamptz,
    removed_at timestamptz
);
-- A removed gateway's name is free again; its id never is.
create unique index gateways_gateway_name on gateways_gateway (lower(name)) where status <> 3;

-- Beside enrollment_removed_site: what the next list of bans holds (T6).
create table enrollment_removed_gateway (
    gateway_id uuid primary key,
    reason text not null,
    actor text not null,
    removed_at timestamptz not null
);
