-- What rollups count of a host's inventory, taken from its sections as they come in. Of hosts whose sections came before there is no row until
-- one of them changes or the agent reports in full.
create table inventory_summary (
    host_id uuid primary key references agents_host (id) on delete cascade,
    updates integer not null default 0,
    security_updates integer not null default 0,
    certificates timestamptz[] not null default '{}'   -- when each ends
);
