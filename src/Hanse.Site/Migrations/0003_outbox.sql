-- The outbox as an operator sees it. What was set aside before stays so.

alter table uplink_set_aside
    add column id bigint generated always as identity unique,  -- what people name it by
    add column settled_at timestamptz,                         -- null: an operator has not decided
    add column settlement text,                                -- retried: under a new number (U3); dropped
    add column settled_by text;
create index uplink_set_aside_open on uplink_set_aside (id) where settled_at is null;

alter table uplink_self
    add column backed_up bigint not null default 0;            -- U4: a verified backup of the coordinator covers records up to here

-- Counted every few seconds, beside the acknowledged ones of a week.
create index uplink_record_unacknowledged on uplink_record (created_at) where acknowledged_at is null;
create index uplink_state_refused on uplink_state (class) where refusal <> '';
