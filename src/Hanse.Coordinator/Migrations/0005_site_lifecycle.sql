-- A site's life after it joined: suspended for a while, or removed for good.

alter table sites_site
    add column sync_ms integer not null default 5000,     -- how often the site tells how it is while nothing changes
    add column status_reason text not null default '',    -- why it is suspended or was removed
    add column status_changed_at timestamptz;

-- T6: a removed site's key opens nothing any more, here and at every other node.
create table enrollment_removed_site (
    site_id uuid primary key,
    reason text not null,
    actor text not null,
    removed_at timestamptz not null
);
