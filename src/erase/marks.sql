drop view if exists temp.owned_loans;

drop table if exists temp.erased_loan_ids;

drop table if exists temp.erased_loans;

drop table if exists temp.erased_lines;

create temp table erased_loan_ids (loan_id text primary key) without rowid;

create temp table erased_loans (snapshot_id integer primary key);

create temp table erased_lines (
    run_id integer not null,
    line integer not null,
    primary key (run_id, line)
) without rowid;

-- Whose each loan is in each run. The database's own views may be another
-- version's.
create temp view owned_loans as
select
    loans.snapshot_id,
    loans.run_id,
    loans.loan_key,
    loans.line,
    register.loan_id,
    case when exists (
            select 1
            from main.former_borrowers as former
            where former.loan_key = loans.loan_key
                and former.before_run_id > loans.run_id
        )
        then (
            select former.borrower_id
            from main.former_borrowers as former
            where former.loan_key = loans.loan_key
                and former.before_run_id > loans.run_id
            order by former.before_run_id
            limit 1
        )
        else register.borrower_id
    end as borrower_id
from main.loan_snapshots as loans
join main.loan_register as register using (loan_key);
