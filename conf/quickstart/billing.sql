-- Who may do what in billing's database: the adapter reads the outbox and fills the inbox; the accounting package the reverse.
create role baton_adapter login;
create role billing_app login;
grant usage on schema baton to baton_adapter, billing_app;
grant select on baton.about, baton.outbox, baton.outbox_id_seq to baton_adapter;
grant select, insert, update on baton.rejects to baton_adapter;
grant select, insert on baton.inbox to baton_adapter;
grant select, insert, delete on baton.taken to baton_adapter;
grant insert on baton.outbox to billing_app;
grant select, delete on baton.inbox to billing_app;
