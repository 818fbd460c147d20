-- What baton-postgres reads: run once in the department's database, as the owner of its tables.
--
--   psql --single-transaction -v ON_ERROR_STOP=1 -f outbox.sql DATABASE
--
-- It may be run again. The system then inserts an event in the same transaction as what it tells of:
--
--   insert into baton.outbox (event) values
--     ('{"locator":{"identifier":{"domain":"billing-account","value":"A-17"}},
--        "contactLogged":{"channel":"EMAIL","summary":"Asks about an invoice."}}');
--
-- A contact opens a case where there is none. Most others, such as noteAdded, want one that the department takes part in.
create schema if not exists baton;

create table if not exists baton.about (
  part text primary key,
  version int not null,
  incarnation bigint not null,
  from_id bigint not null
);

create table if not exists baton.outbox (
  id bigint generated always as identity primary key,  -- never given by hand: the order of reading hangs on it
  event jsonb not null,                                -- an Event in proto3 JSON
  source_key text,                                     -- the same event twice has the same key; else one is made of the id
  created_at timestamptz not null default clock_timestamp()
);

-- Rows that Baton refused for good, or that make no event. A mended one goes into the outbox again as a new row.
create table if not exists baton.rejects (
  source text not null,
  incarnation bigint not null,
  position bigint not null,
  source_key text not null,
  code text not null,
  reason text not null,
  told_at timestamptz not null default clock_timestamp(),
  tries int not null default 1,
  primary key (source, incarnation, position, source_key)
);

-- Wakes the adapter. Without this trigger it looks every poll_ms.
create or replace function baton.notify_outbox() returns trigger language plpgsql as $$
begin
  notify baton_outbox;
  return null;
end $$;
drop trigger if exists notify on baton.outbox;
create trigger notify after insert on baton.outbox for each statement execute function baton.notify_outbox();

insert into baton.about values ('outbox', 1, 1, 0) on conflict (part) do nothing;

-- After a backup was restored (the adapter stops and says so): rows up to last_sent count as sent, whatever comes behind
-- them is sent, under new keys. Where nothing has been inserted since the restore, leave it out.
create or replace function baton.restored(last_sent bigint default null) returns void language sql as $$
  update baton.about set incarnation = extract(epoch from clock_timestamp())::bigint,
    from_id = coalesce(last_sent, (select max(id) from baton.outbox), 0) where part = 'outbox'
$$;

-- The adapter's role, where it is another than the owner:
--
--   grant usage on schema baton to baton_adapter;
--   grant select on baton.about, baton.outbox, baton.outbox_id_seq to baton_adapter;
--   grant select, insert, update on baton.rejects to baton_adapter;
--   grant delete on baton.outbox to baton_adapter;             -- with keep_days
--   grant usage on schema baton to billing_app;
--   grant insert on baton.outbox to billing_app;
