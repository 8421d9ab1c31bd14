-- version 3: one row per series and state of its indexed attributes (latest non-empty value wins)

create table series (
    service     bigint  not null,
    partition   text    collate "C" not null,
    study       text    collate "C" not null,
    series      text    collate "C" not null,
    since       bigint  not null,
    until       bigint,
    created     bigint  not null,             -- position at which the series came to be: search order
    attributes  text    not null,             -- {"GGGGEEEE":"value"} as stored, for answers

    modality                             text  collate "C",
    performed_procedure_step_start_date  text  collate "C",
    manufacturer_model_name              text  collate "C",

    primary key (service, since)
);

create unique index series_live  on series (service, partition, study, series) where until is null;
create index series_until        on series (service, until) where until is not null;
create index series_series       on series (service, partition, series) where until is null;
create index series_created      on series (service, partition, created) where until is null;

create index series_modality                            on series (service, partition, modality)                            where until is null;
create index series_performed_procedure_step_start_date on series (service, partition, performed_procedure_step_start_date) where until is null;
create index series_manufacturer_model_name             on series (service, partition, manufacturer_model_name)             where until is null;
