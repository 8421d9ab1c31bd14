-- version 2: one row per workitem and state of it

create table workitems (
    service    bigint  not null,
    partition  text    collate "C" not null,
    workitem   text    collate "C" not null,  -- its SOP Instance UID
    since      bigint  not null,
    until      bigint,
    created    bigint  not null,              -- position at which the workitem came to be: search order
    state      text    collate "C" not null,  -- SCHEDULED, IN PROGRESS, COMPLETED or CANCELED
    owner      text    collate "C",           -- digest that its owner's Transaction UID gives; null until it is claimed
    dataset    text    not null,              -- DICOM JSON as it is served

    -- first values folded for comparison: no case, no trailing padding, names without accents
    patient_name        text    collate "C",
    patient_id          text    collate "C",
    study               text    collate "C",
    scheduled_start_at  bigint,               -- microseconds since 1970; an offset from UTC is not applied

    -- the same for attributes of items: those of all items, each between backslashes, `\a\b\`
    accession_numbers        text  collate "C",
    requested_procedure_ids  text  collate "C",
    station_name_codes       text  collate "C",
    station_class_codes      text  collate "C",
    station_location_codes   text  collate "C",

    primary key (service, since)
);

create unique index workitems_live on workitems (service, partition, workitem) where until is null;
create index workitems_until       on workitems (service, until) where until is not null;
create index workitems_created     on workitems (service, partition, created) where until is null;

create index workitems_state              on workitems (service, partition, state)              where until is null;
create index workitems_scheduled_start_at on workitems (service, partition, scheduled_start_at) where until is null;

-- by beginnings: a value of any length can be stored, of which no index has room for more than 2,700 bytes
create index workitems_patient_name       on workitems (service, partition, left(patient_name, 100)) where until is null;
create index workitems_patient_id         on workitems (service, partition, left(patient_id, 100))   where until is null;
create index workitems_study              on workitems (service, partition, left(study, 100))        where until is null;
