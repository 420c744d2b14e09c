-- What rollups were: as told for two days, by hour for two months, by day for five years. Rows grow with sites and metrics, not with hosts.
create table rollups_point (
    site_id uuid not null,
    metric text not null,
    step smallint not null,                   -- RollupStep: 0 as told, 1 hour, 2 day
    at timestamptz not null,                  -- the moment told, or the beginning of the hour or day (UTC)
    value jsonb not null,                     -- the last of that time
    low jsonb not null,                       -- the least of each label
    high jsonb not null,                      -- the most of each label
    primary key (site_id, metric, step, at)
);

create index rollups_point_metric on rollups_point (metric, step, at);
