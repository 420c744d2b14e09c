-- What the coordinator wishes of the site beside its names (D1).

alter table enrollment_site
    add column suspended boolean not null default false,  -- what goes up is kept until it is resumed
    add column sync_ms integer not null default 0;        -- how often the status is told while nothing changes; 0 = the program's default
