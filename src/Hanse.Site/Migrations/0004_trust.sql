-- What each agent has confirmed to trust, and from which root its certificate comes (T4). Both are unknown of hosts that were here before.

alter table agents_host
    add column trusted_roots bytea,               -- names the set of roots it confirmed last
    add column certificate_root bytea,            -- SHA-256 of the root's public key
    add column certificate_not_before timestamptz;

-- J3: while the customer key is rotated the key before is valid too.
alter table enrollment_site
    add column previous_site_key bytea,
    add column previous_site_key_until timestamptz;
