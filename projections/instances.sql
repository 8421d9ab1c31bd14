-- version 2: one row per stored version of an instance; `since` is that version

create table instances (
    service          bigint  not null,
    partition        text    collate "C" not null,
    study            text    collate "C" not null,
    series           text    collate "C" not null,
    instance         text    collate "C" not null,
    since            bigint  not null,
    until            bigint,
    digest           text    collate "C" not null,  -- SHA-256 of the stored file: the name of its blob
    length           bigint  not null,              -- bytes of the stored file
    transfer_syntax  text    collate "C" not null,
    watermark        bigint  not null,              -- the number in ETags
    original         bigint,                        -- of one that was updated: the version that was stored, which is kept

    primary key (service, since)
);

create unique index instances_live  on instances (service, partition, study, series, instance) where until is null;
create index instances_instance     on instances (service, partition, instance) where until is null;
create index instances_until        on instances (service, until) where until is not null;
