-- version 1: instances whose value for an extended query tag cannot be indexed, as reindexing found

create table query_tag_errors (
    service     bigint  not null,
    tag         text    collate "C" not null,  -- `added` of the tag
    partition   text    collate "C" not null,
    study       text    collate "C" not null,
    series      text    collate "C" not null,
    instance    text    collate "C" not null,
    since       bigint  not null,
    until       bigint,
    version     bigint  not null,              -- the event that stored the instance
    created_at  bigint  not null,              -- when it was found: microseconds since 1970
    fault       text    collate "C" not null,  -- what is wrong, as the log spells it

    primary key (service, since, tag, partition, study, series, instance)
);

create unique index query_tag_errors_live on query_tag_errors (service, tag, partition, study, series, instance) where until is null;
create index query_tag_errors_until       on query_tag_errors (service, until) where until is not null;
create index query_tag_errors_created     on query_tag_errors (service, tag, created_at, version) where until is null;
