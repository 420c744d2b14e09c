-- U4: whether the coordinator is to be asked how far it has the epochs before this one. It may have lost of them what it had acknowledged.
alter table uplink_self add column older_due boolean not null default true;
