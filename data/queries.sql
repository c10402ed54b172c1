-- Questions that a lender asks its book, for `sqlite3 recoup.db`. The views show the latest complete run; `.schema loans`
-- and the others list their columns. Money is in the book's currency, shares are fractions of 1 unless named percent.

-- How much is owed, how much of it is at risk, how much is late?
select outstanding, closed_outstanding, written_off_outstanding, balance_at_risk, par30_percent, par90_percent from portfolio;

-- Whom do we call first?
select priority, loan_id, outstanding, days_past_due, round(risk_score, 2) as risk_score, strategy
from worklist
order by priority
limit 10;

-- Which loans need approval before legal action?
select loan_id, borrower_id, outstanding, round(risk_score, 2) as risk_score
from worklist
where is_approval_needed
order by priority;

-- How many loans, and how much money, fall under each strategy?
select strategy, risk_band, loans, outstanding from strategy_summary order by position;

-- Who are the borrowers behind it?
select segment, loans, round(average_income), round(share_not_recovered, 2) from segment_summary order by position;

-- How late is the book, by days past due? (`loan_movements` and `portfolio_changes` show what changed since the last run.)
select bucket as days_past_due, loans, outstanding, round(outstanding_percent, 1) as percent
from arrears_summary
order by position;

-- Which kind of loan goes wrong?
select loan_type, count(*) as loans_with_outcome, round(avg(is_not_recovered), 2) as share_not_recovered
from loans
where is_not_recovered is not null
group by loan_type
order by share_not_recovered desc;

-- Who pays more than half of their income?
select loan_id, borrower_id, monthly_income, monthly_emi, round(burden, 2) as burden
from loans
where is_live and burden > 0.5
order by burden desc
limit 10;

-- Which alerts are there, and which loans need approval?
select alert, loans, round(outstanding) as outstanding from alerts order by outstanding desc;

select loan_id, borrower_id, outstanding, days_past_due from alert_loans where alert = 'awaiting_approval';

-- How good are the scores?
select
    candidate, is_in_use, is_accepted, round(auc, 3) as auc, round(auc_lower_95, 3) as lower_95,
    round(auc_upper_95, 3) as upper_95, round(brier, 4) as brier, verdict
from model_comparison;

-- What raises or lowers the score of the first loan on the worklist?
select loan_id, words, round(contribution, 3) as contribution, round(risk_score, 3) as risk_score
from top_score_reasons
where loan_id = (select loan_id from worklist where priority = 1)
order by rank;

-- Does a column give the outcome away?
select subject, verdict, reason, round(auc_alone, 2) as auc_alone from feature_audit order by position;

-- What is missing in the file?
select column_name, missing, round(missing_percent, 1) as missing_percent, values_unreadable
from data_quality
where missing > 0 or values_unreadable > 0;

-- What did earlier runs do, failed ones too?
select run_id, as_of_date, status, loans_loaded, rows_rejected, seconds, input_name from run_history;

-- Where does a run spend its time?
select stage, row_count, round(seconds, 2) as seconds
from run_stages
where run_id = (select max(run_id) from run_history)
order by position;

-- How did the book go, month by month? (Amounts collected and lost are of the month up to the day.)
select as_of_date, outstanding, round(par30_percent, 1) as par30_percent, collected_at_least, lost, new_outstanding
from portfolio_trend
order by as_of_date;

-- From the fifth weekly file on: how many loans of each state moved to a later bucket or were lost in the
-- month, and how many caught up?
select state_from, loans, forward, cure, gone_unknown, round(forward_percent, 1) as forward_percent
from roll_summary
order by position_from;

-- From about the seventeenth weekly file on: what became of the loans that fell more than 30 days behind? (Cured: caught up, and
-- not over 30 days past due again for the weeks of probation.)
select month, loans, caught_up, caught_up_unpaid, lost, still_behind, cured, redefaulted from cures order by month;

-- From the second weekly file on: which loans left the book, and why?
select loan_id, reason, basis, outstanding, days_past_due, new_loan_id from loan_exits order by outstanding desc;

-- From the first weekly file on: which branch, officer or product has more loans over 30 days past due than chance explains?
-- (No row unless the file has a column Branch, Officer or Product.)
select
    dimension, group_name, live_loans, round(par30_loans_percent, 1) as percent_over_30,
    round(par30_loans_percent_elsewhere, 1) as percent_elsewhere, verdict, collected
from portfolio_by_group
order by dimension, par30_loans_percent desc;

-- From about the ninth weekly file on: which months of disbursal do worse? (By each full month on the book, the loans that were
-- ever more than 30 days past due. A share takes 30 loans a month. Without Disbursed_On, and without Maturity_Date and Loan_Tenure, it
-- is the month in which the file first had the loan.)
select vintage, months_on_book, loans, ever30, round(ever30_percent, 1) as ever30_percent, ever90, lost
from vintages
where is_complete
order by vintage, months_on_book;
