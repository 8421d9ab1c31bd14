-- The log: the only tables whose loss would lose anything. All else is folded from `events` (see projections/).

create table services (
    id            bigint      generated always as identity primary key,
    name          text        collate "C" not null unique,
    partitions    boolean     not null default false,
    created_at    timestamptz not null,
    head          bigint      not null default 0,  -- position of the last event
    feed_head     bigint      not null default 0,  -- sequence of the last instance event
    last_at       timestamptz,                     -- time of the last event; event times never decrease
    epoch         bigint      not null default 0,  -- resets so far: tells cursors of other processes to go back
    clock_offset  bigint      not null default 0,  -- microseconds that a shifted clock is ahead of the machine's
    clock_frozen  timestamptz                      -- where a frozen clock stands
) with (fillfactor = 50);                          -- one row per service, updated by every commit: keep it HOT

create table events (
    service    bigint      not null,                -- no foreign key: every writer holds its service's row
    position   bigint      not null,
    sequence   bigint,                             -- instance events only; dense: the change feed's number
    at         timestamptz not null,
    kind       text        collate "C" not null,
    partition  text        collate "C",
    study      text        collate "C",
    series     text        collate "C",
    instance   text        collate "C",
    body       json        not null,               -- all that a projection needs, never pixel data
    dataset    text,                               -- DICOM JSON as it is served; instance events that store a version
    primary key (service, position)
);

create unique index events_sequence on events (service, sequence) where sequence is not null;
create index events_clock           on events (service, position) where kind = 'clockMoved';

-- JSON text of a few kilobytes: compressed, but kept beside its row rather than out of line.
alter table events alter column dataset set storage main;

create table snapshots (
    service     bigint      not null references services on delete cascade,
    name        text        collate "C" not null,
    position    bigint      not null,
    sequence    bigint      not null,
    created_at  timestamptz not null,
    primary key (service, name)
);

-- Which version of which read model the tables of projections/ hold.
create table projections (
    name     text   collate "C" primary key,
    version  bigint not null
);

-- Append-only: an event changes never, and goes only with its service or by a reset that says so.
create function refuse_to_rewrite_events() returns trigger language plpgsql as $$
begin
    if current_setting('emulator.rewind', true) is distinct from 'on' then
        raise exception 'the event log is append-only';
    end if;
    return null;
end
$$;

create trigger events_are_append_only
    before update or delete or truncate on events
    for each statement execute function refuse_to_rewrite_events();
