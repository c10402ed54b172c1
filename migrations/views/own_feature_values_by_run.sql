-- Grain: one row per run, loan and own feature that the loan has a value of:
-- what the lender's own column holds, as the kind that the configuration gives
-- it. A number that the import could not read is no value; it is in rejects.
create view own_feature_values_by_run as
with standard (column_name) as (
    values
    ('Employment_Type'), ('Loan_Type'), ('Payment_History'),
    ('Num_Dependents'), ('Collection_Attempts'), ('Collection_Method'),
    ('Legal_Action_Taken'), ('Branch'), ('Officer'), ('Product')
),

texts as (
    select
        loans.run_id,
        loans.snapshot_id,
        loans.line,
        own.position,
        own.name,
        own.column_name,
        own.kind,
        loans.extra ->> ('$."' || own.column_name || '"') as value
    from stg_loans as loans
    cross join own_features as own on own.run_id = loans.run_id
    where loans.extra is not null
    union all
    select
        loans.run_id,
        loans.snapshot_id,
        loans.line,
        own.position,
        own.name,
        own.column_name,
        own.kind,
        case own.column_name
            when 'Employment_Type' then loans.employment_type
            when 'Loan_Type' then loans.loan_type
            when 'Payment_History' then loans.payment_history
            when 'Num_Dependents' then loans.dependents
            when 'Collection_Attempts' then loans.collection_attempts
            when 'Collection_Method' then loans.collection_method
            when 'Legal_Action_Taken' then loans.legal_action_taken
            when 'Branch' then loans.branch
            when 'Officer' then loans.officer
            when 'Product' then loans.product
        end
    from own_features as own
    cross join stg_loans as loans on loans.run_id = own.run_id
    where own.column_name in (select standard.column_name from standard)
)

select
    run_id,
    snapshot_id,
    position,
    name,
    kind,
    iif(kind = 'category', cast(value as text), cast(value as real)) as value
from texts
where value is not null
    and (
        kind = 'category'
        or not exists (
            select 1
            from rejects
            where rejects.run_id = texts.run_id
                and rejects.line = texts.line
                and rejects.column_name = texts.column_name
                and not rejects.is_row_left_out
        )
    );
