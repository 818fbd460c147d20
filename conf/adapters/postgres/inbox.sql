-- Where baton-postgres puts deliveries: run once in the department's database, as the owner of its tables.
--
--   psql --single-transaction -v ON_ERROR_STOP=1 -f inbox.sql DATABASE
--
-- It may be run again.
create schema if not exists baton;

create table if not exists baton.about (
  part text primary key,
  version int not null,
  incarnation bigint not null,
  from_id bigint not null
);

-- One row for each delivery, written in the same transaction as everything else that the delivery does: by it one that comes
-- again is recognised. The newest row of a case is the adapter's position in it.
create table if not exists baton.taken (
  adapter text not null,
  sequence bigint not null,
  case_id bigint,
  version bigint not null,
  taken_at timestamptz not null default clock_timestamp(),
  primary key (adapter, sequence)
);
create index if not exists taken_at on baton.taken (taken_at);

-- The deliveries themselves, for the system to read and to delete when it has done with them.
create table if not exists baton.inbox (
  adapter text not null,
  sequence bigint not null,       -- grows within a case
  case_id bigint,                 -- null: it is not about a case
  ref text,
  version bigint not null,        -- of the case after this event
  kind text not null,             -- HandoffOffered, NoteAdded, ...
  department text,                -- who acted
  recorded_at timestamptz not null,
  after_gap boolean not null,     -- an earlier delivery of this case could not be taken
  delivery jsonb not null,        -- the whole: recorded.event, and with an offer card and digest
  received_at timestamptz not null default clock_timestamp(),
  primary key (adapter, sequence)
);
create index if not exists inbox_case on baton.inbox (case_id, sequence);

create or replace function baton.notify_inbox() returns trigger language plpgsql as $$
begin
  notify baton_inbox;
  return null;
end $$;
drop trigger if exists notify on baton.inbox;
create trigger notify after insert on baton.inbox for each statement execute function baton.notify_inbox();

insert into baton.about values ('inbox', 1, 1, 0) on conflict (part) do nothing;

-- The adapter's role, where it is another than the owner:
--
--   grant usage on schema baton to baton_adapter;
--   grant select on baton.about to baton_adapter;
--   grant select, insert on baton.inbox to baton_adapter;      -- select: for `on conflict`
--   grant select, insert, delete on baton.taken to baton_adapter;
