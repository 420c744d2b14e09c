-- Backups that were made, and what each covers: a site keeps acknowledged records until a verified one does (U4).
create table backup_made (
    id uuid primary key,
    created_at timestamptz not null,
    actor text not null,
    keys_only boolean not null,
    digest bytea not null,                    -- SHA-256 of the file
    verified_at timestamptz
);
create table backup_mark (
    backup_id uuid not null references backup_made (id) on delete cascade,
    site_id uuid not null,
    epoch uuid not null,
    high_water bigint not null,
    primary key (backup_id, site_id, epoch)
);

-- U5: set when this database was restored, until an administrator has ended the recovery.
create table recovery_state (
    singleton boolean primary key default true check (singleton),
    restored_at timestamptz not null,
    backup_created_at timestamptz not null,
    keys_only boolean not null,
    finished_at timestamptz,
    finished_by text
);

-- What came of each site: a valid intermediate that the registry does not know waits for an administrator.
create table recovery_site (
    site_id uuid primary key,
    intermediate bytea,                       -- null: the registry knew it
    first_seen_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    accepted boolean,
    reported_at timestamptz,                  -- it told what it holds
    lost_records bigint not null default 0,   -- of its records: applied before the loss, and no longer held by anybody
    note text not null default ''
);
