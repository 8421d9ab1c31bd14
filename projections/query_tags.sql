-- version 1: one row per extended query tag and state of it

create table query_tags (
    service          bigint  not null,
    path             text    collate "C" not null,  -- the attribute: eight hexadecimal digits
    since            bigint  not null,
    until            bigint,
    added            bigint  not null,              -- the event that added it: its identity, and the order of lists
    vr               text    collate "C" not null,
    private_creator  text,
    level            text    collate "C" not null,  -- study, series or instance
    status           text    collate "C" not null,  -- adding or ready
    query_status     text    collate "C" not null,  -- enabled or disabled
    operation        text    collate "C" not null,  -- the operation that makes it ready, or made it so

    primary key (service, since)
);

create unique index query_tags_live on query_tags (service, path) where until is null;
create index query_tags_until       on query_tags (service, until) where until is not null;
