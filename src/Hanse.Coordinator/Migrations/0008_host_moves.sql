-- Moves that were proved (J4), for good: a proof counts once, and the site that a host left learns of it with its desired state.
create table hosts_moved (
    host uuid not null,
    nonce bytea not null,                     -- the new site's challenge, which the proof signs
    from_site integer not null,               -- sites_site.key
    to_site integer not null,
    spki bytea not null,                      -- SHA-256 of the key that the host had at the old site
    from_generation bigint not null,          -- of the old site's desired state
    moved_at timestamptz not null,
    primary key (host, nonce)
);
create index hosts_moved_from on hosts_moved (from_site, from_generation);
