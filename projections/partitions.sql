-- version 1: one row per data partition, beside the default one; partitions never end

create table partitions (
    service     bigint  not null,
    caseless    text    collate "C" not null,  -- the name in lower case, as it is compared
    since       bigint  not null,
    until       bigint,
    key         bigint  not null,              -- its number: 2, 3 …
    name        text    collate "C" not null,  -- as it was first spelled
    created_at  bigint  not null,              -- microseconds since 1970

    primary key (service, since)
);

create unique index partitions_live on partitions (service, caseless) where until is null;
create unique index partitions_key  on partitions (service, key) where until is null;
create index partitions_until       on partitions (service, until) where until is not null;
