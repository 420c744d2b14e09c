-- How the last comparison of the directory with each site ended. Sites that exist are compared at the next night.
create table hosts_reconciliation (
    site integer primary key,                 -- sites_site.key
    at timestamptz not null,
    took_ms bigint not null,
    hosts bigint not null,                    -- of the site
    buckets integer not null,
    buckets_different integer not null,
    bytes bigint not null,                    -- both ways
    missing bigint not null,
    differing bigint not null,
    ghosts bigint not null,
    waiting bigint not null,
    refused bigint not null,
    elsewhere bigint not null,
    error_code text not null default '',
    error text not null default ''
);
