-- What a site tells of its outbox, why its last link ended, and how far backups cover its records (U4).
alter table sites_site
    add column queues jsonb not null default '[]',        -- by class: waiting, oldest, set aside
    add column replay_ms bigint not null default 0,       -- 0: the site does not know
    add column last_error_code text,
    add column last_error_message text,
    add column last_error_at timestamptz;

alter table uplink_mark
    add column backed_up bigint not null default 0;
