-- Rotation of roots and of the customer key, and what sites tell of their trust.

-- T4: phase 0 published, 1 switched, 2 finished, 3 aborted. While one is under way position 1 of enrollment_root holds the next root, or after the
-- switch the old one.
create table enrollment_rotation (
    id bigint generated always as identity primary key,
    phase smallint not null,
    old_root bytea not null,                  -- SHA-256 of the public keys
    new_root bytea not null,
    started_by text not null,
    started_at timestamptz not null,
    switched_at timestamptz,
    ended_at timestamptz
);
create unique index enrollment_rotation_one on enrollment_rotation ((true)) where phase in (0, 1);

-- A root's word for the one after it, kept for good: nodes and join strings that missed the rotation follow it.
create table enrollment_succession (
    id bigint generated always as identity primary key,
    predecessor bytea not null,               -- DER
    successor bytea not null,
    signature bytea not null
);

-- The newest TrustReport of each site.
create table enrollment_site_trust (
    site_id uuid primary key,
    report bytea not null,
    reported_at timestamptz not null
);

-- J3: during an overlap the customer key before is valid too.
alter table enrollment_federation
    add column customer_key_made_at timestamptz,
    add column sealed_previous_customer_key bytea,
    add column previous_customer_key_until timestamptz;
update enrollment_federation set customer_key_made_at = created_at;
