-- version 2: what each study, series or instance has for each extended query tag. The values of a tag that is deleted stay: nothing leads to them.

create table query_tag_values (
    service    bigint  not null,
    tag        text    collate "C" not null,  -- `added` of the tag
    partition  text    collate "C" not null,
    study      text    collate "C" not null,
    series     text    collate "C" not null,  -- empty for a tag of studies
    instance   text    collate "C" not null,  -- empty for a tag of studies or series
    since      bigint  not null,
    until      bigint,
    stored     bigint  not null,              -- the event that stored the instance which gave the value: the newest wins
    value      text    collate "C" not null,  -- comparable: text folded as in the other read models, numbers in one spelling, moments as digits

    primary key (service, since, tag, partition, study, series, instance)
);

create unique index query_tag_values_live on query_tag_values (service, tag, partition, study, series, instance) where until is null;
create index query_tag_values_until       on query_tag_values (service, until) where until is not null;
create index query_tag_values_value       on query_tag_values (service, tag, partition, value) where until is null;
