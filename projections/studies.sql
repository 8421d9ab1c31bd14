-- version 3: one row per study and state of its indexed attributes (latest non-empty value wins)

create table studies (
    service     bigint  not null,
    partition   text    collate "C" not null,
    study       text    collate "C" not null,
    since       bigint  not null,             -- position of the event that made this version of the row
    until       bigint,                       -- position of the event that ended it; null while it is live
    created     bigint  not null,             -- position at which the study came to be: search order
    attributes  text    not null,             -- {"GGGGEEEE":"value"} as stored, for answers

    -- the same values folded for comparison: no case, no trailing padding, names without accents
    study_date                text  collate "C",
    study_description         text  collate "C",
    accession_number          text  collate "C",
    patient_id                text  collate "C",
    patient_name              text  collate "C",
    patient_birth_date        text  collate "C",
    referring_physician_name  text  collate "C",

    expires_at  bigint,                       -- when it ends by itself: microseconds since 1970

    primary key (service, since)
);

create unique index studies_live  on studies (service, partition, study) where until is null;
create index studies_until        on studies (service, until) where until is not null;
create index studies_created      on studies (service, partition, created) where until is null;
create index studies_expires_at   on studies (service, expires_at) where until is null and expires_at is not null;

create index studies_study_date               on studies (service, partition, study_date)               where until is null;
create index studies_study_description        on studies (service, partition, study_description)        where until is null;
create index studies_accession_number         on studies (service, partition, accession_number)         where until is null;
create index studies_patient_id               on studies (service, partition, patient_id)               where until is null;
create index studies_patient_name             on studies (service, partition, patient_name)             where until is null;
create index studies_patient_birth_date       on studies (service, partition, patient_birth_date)       where until is null;
create index studies_referring_physician_name on studies (service, partition, referring_physician_name) where until is null;
