-- How far resets went back: a process that follows the log in memory learns here where to go on. Of resets that a later
-- one went behind nothing need be known, so the rows of a service ascend both ways and stay few.

create table resets (
    service   bigint  not null references services on delete cascade,
    epoch     bigint  not null,                -- services.epoch after it
    position  bigint  not null,                -- the head after it
    primary key (service, epoch)
);
