-- version 1: one row per long-running operation and state of it

create table operations (
    service     bigint  not null,
    operation   text    collate "C" not null,  -- its identifier: 32 hexadecimal digits
    since       bigint  not null,
    until       bigint,
    status      text    collate "C" not null,  -- notStarted, running, succeeded or failed
    task        text    not null,              -- what was asked: JSON
    progress    text    not null,              -- how far it is: JSON
    created_at  bigint  not null,              -- microseconds since 1970
    updated_at  bigint  not null,

    primary key (service, since)
);

create unique index operations_live  on operations (service, operation) where until is null;
create index operations_until        on operations (service, until) where until is not null;
create index operations_unfinished   on operations (service) where until is null and status in ('notStarted', 'running');
