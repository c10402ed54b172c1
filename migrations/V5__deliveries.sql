-- Whom the report was sent to, and what became of it.

-- One row an attempt and recipient, written before it is made: what could not be
-- recorded is not sent. A mail about a failed run may belong to no run.
create table deliveries (
    delivery_id integer primary key,
    run_id integer references runs on delete cascade,
    kind text not null check (kind in ('report', 'failure')),
    recipient text not null,
    message_id text not null,
    attempt integer not null check (attempt > 0),
    status text not null
        check (status in ('started', 'sent', 'refused', 'failed')),
    reply text,
    started_at text not null,
    finished_at text
) strict;

create index deliveries_by_run on deliveries (run_id, kind, recipient);
