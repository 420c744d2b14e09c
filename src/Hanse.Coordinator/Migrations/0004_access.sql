-- Accounts and their tokens. Roles are two and fixed, so a role is a value, not a table.

create table access_user (
    id uuid primary key,
    user_name text not null,
    normalized_name text not null unique,
    role text not null check (role in ('administrator', 'viewer')),
    password_hash text not null,
    security_stamp text not null,
    failed_count integer not null default 0,  -- attempts since the last success, counted before the password is looked at
    lockout_end timestamptz,
    created_at timestamptz not null,
    password_changed_at timestamptz not null
);

-- A token is kept as its SHA-256 only. kind: session (made by a login) or api.
create table access_token (
    id uuid primary key,
    user_id uuid not null references access_user (id) on delete cascade,
    kind text not null check (kind in ('session', 'api')),
    name text not null,
    role text not null check (role in ('administrator', 'viewer')),
    token_hash bytea not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    last_used_at timestamptz
);
create index access_token_user on access_token (user_id, created_at);
create unique index access_token_name on access_token (user_id, name) where kind = 'api';
