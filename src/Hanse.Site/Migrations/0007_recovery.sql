-- U5: the life of the coordinator's database that the outbox was sent to. Another one gets every state again. Null until the next link.
alter table uplink_self
    add column incarnation uuid,
    add column incarnation_number bigint not null default 0;
