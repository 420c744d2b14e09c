-- What hosts are doing (docs/components/metrics.md). Small rows that come all the time: about a minute of a host is one row.
create table metrics_secret (
    singleton boolean primary key default true check (singleton),
    secret bytea not null                     -- G2: each host's datagram keys are derived from it
);

create table metrics_key (
    host_id uuid primary key references agents_host (id) on delete cascade,
    key_id bigint not null unique,
    given_at timestamptz not null
);

create table metrics_minute (
    host_id uuid not null references agents_host (id) on delete cascade,
    at timestamptz not null,                  -- of its first sample, by the site's clock
    until timestamptz not null,               -- of its last
    key_id bigint not null,
    mark bigint not null,                     -- the highest sequence of this key that was taken: what a restart goes on from
    by_datagram boolean not null,             -- how the last sample came
    chunk bytea not null,                     -- MetricsChunk
    primary key (host_id, at)
);
create index metrics_minute_at on metrics_minute using brin (at) with (autosummarize = on);

-- Sums and highest values of an hour's samples.
create table metrics_hour (
    host_id uuid not null references agents_host (id) on delete cascade,
    at timestamptz not null,
    samples integer not null,
    cpu_sum bigint not null, cpu_max bigint not null,
    memory_sum bigint not null, memory_max bigint not null,
    load_sum bigint not null, load_max bigint not null,
    read_sum bigint not null, read_max bigint not null,
    written_sum bigint not null, written_max bigint not null,
    received_sum bigint not null, received_max bigint not null,
    sent_sum bigint not null, sent_max bigint not null,
    primary key (host_id, at)
);
create index metrics_hour_at on metrics_hour using brin (at) with (autosummarize = on);
