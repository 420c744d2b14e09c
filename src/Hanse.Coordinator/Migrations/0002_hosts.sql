-- The host directory: one small row a host, searchable without asking any site (docs/components/host-directory.md).

create extension if not exists pg_trgm;

-- Texts that many hosts share are stored once: a host's row holds their numbers.
create table hosts_platform (
    id integer generated always as identity primary key,
    os text not null,
    family text not null,
    unique (os, family)
);

create table hosts_label (
    id integer generated always as identity primary key,
    label text not null unique
);

-- The networks an address lies in, three an address: the search keys for addresses. Any prefix is answered by the next
-- longer key length and a recheck of the row, which is far smaller than an index entry for each address.
-- A loop, because a query in its place takes three times as long for each row written. The cost makes the planner read the index
-- rather than call it row by row.
create function hosts_networks(addresses inet[]) returns cidr[]
    language plpgsql immutable strict parallel safe cost 1000
    as $$
    declare
        keys cidr[] := '{}';
        address inet;
    begin
        foreach address in array addresses loop
            if family(address) = 4 then
                keys := keys || array[network(set_masklen(address, 8)), network(set_masklen(address, 16)), network(set_masklen(address, 24))];
            else
                keys := keys || array[network(set_masklen(address, 32)), network(set_masklen(address, 48)), network(set_masklen(address, 64))];
            end if;
        end loop;
        return keys;
    end
    $$;

-- Columns are ordered by alignment. status and last_seen are in no index, and the fill factor leaves room in the page, so that a
-- change of them is a heap-only update. Nothing is null: a row without nulls has no null bitmap.
create table hosts_host (
    id uuid not null,
    counter bigint not null,                  -- with epoch, the row's version (U2)
    machine bigint not null,                  -- first 8 bytes of the machine id's hash, to find a reinstalled host again; 0 = unknown
    last_seen timestamptz not null,
    site integer not null,                    -- sites_site.key
    epoch integer not null,                   -- uplink_mark.ordinal
    platform integer not null,                -- hosts_platform.id
    agent_version integer not null,           -- hosts_label.id
    kernel integer not null,                  -- hosts_label.id
    status smallint not null,                 -- HostStatus of the wire
    hostname text collate "C" not null,       -- lower case
    addresses inet[] not null,
    -- First the reported ones, then those set at the coordinator, each of these after the character U+0001, which no tag holds. One array
    -- serves both: a second column would cost every row a null bitmap or an empty array.
    tags text[] not null
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

alter table hosts_host add constraint hosts_host_pkey primary key (id);

-- A pending list makes writes cheaper and every search slower, and stays part of the index's size: short for the twenty keys of a
-- hostname, none where a row has a handful.
create index hosts_host_hostname on hosts_host using gin (hostname gin_trgm_ops) with (gin_pending_list_limit = 1024);
-- The few names that are not printable ASCII: a search for one or two characters looks through these.
create index hosts_host_unusual on hosts_host (id) where hostname ~ '[^ -~]';
create index hosts_host_networks on hosts_host using gin (hosts_networks(addresses)) with (fastupdate = off);
create index hosts_host_tags on hosts_host using gin (tags) with (fastupdate = off);
create index hosts_host_keys on hosts_host using gin ((array[site, -platform])) with (fastupdate = off);

-- A deleted host keeps its version, so that no replay brings it back (U2).
create table hosts_tombstone (
    id uuid primary key,
    counter bigint not null,
    site integer not null,
    epoch integer not null,
    deleted_at timestamptz not null
);

-- A site that reports a host which belongs to another is refused, and it shows here until the owner or an administrator settles it (J4).
create table hosts_conflict (
    host uuid not null,
    claimant integer not null,                -- sites_site.key
    owner integer not null,
    hostname text not null,
    claims bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (host, claimant)
);

-- A move that was proved (J4): the next report of the host by this site takes it over and uses the row up.
create table hosts_move (
    host uuid primary key,
    to_site integer not null,
    authorised_at timestamptz not null
);
