-- Where this site's agents find it through gateways, as the coordinator last told it.
alter table enrollment_site add column gateway_addresses text[] not null default '{}';
