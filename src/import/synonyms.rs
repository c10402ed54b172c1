//! Names that other programs use for the standard columns, to propose lines for `[columns]` if a required column is missing. A
//! proposal is never applied: only the lender knows what a column contains.

use std::collections::BTreeMap;

use super::currency;
use super::header_map::HeaderMap;
use crate::columns::COLUMNS;
use crate::config::letters_of;

/// Names of a standard column, as letters and digits; the likeliest first.
const SYNONYMS: [(&str, &str); 19] = [
    (
        "Loan_ID",
        "loanno loannumber loanaccountno loanaccountnumber loanaccount loancode loanref loanreference id \
         accountno accountnumber acctid acctno accountid contractno contractnumber contractid contract \
         agreementno agreementnumber agreementid facilityid lan vertragsnummer kontonummer numerodecontrato \
         numerodeprestamo numerodocontrato numerodecontrat numerodepret",
    ),
    (
        "Borrower_ID",
        "borrower borrowerno borrowernumber customerid customerno customernumber clientid clientno clientnumber \
         memberid memberno custid partyid applicant accountholderkey kundennummer idcliente numeroclient",
    ),
    (
        "Outstanding_Loan_Amount",
        "outstandingamount outstandingbalance balanceoutstanding outstanding loanbalance currentbalance curbal \
         balancedue balance principaloutstanding outstandingprincipal outprncp principalbalance \
         balancesprincipalbalance totaloutstanding payoff currentpayoffamount amountoutstanding saldo \
         saldopendiente capitalpendiente saldodevedor encours capitalrestantdu restschuld offenerbetrag",
    ),
    (
        "Days_Past_Due",
        "dpd dayslate daysoverdue overduedays daysinarrears arrearsdays dayspastdueday dayspast pastduedays \
         daysdelinquent delinquencydays diasdemora diasdeatraso diasematraso joursderetard tageueberfaellig \
         verzugstage",
    ),
    (
        "Recovery_Status",
        "loanstatus status statusname accountstate loanstate acctstat statusdescription loanstatusdescription \
         estado statut",
    ),
    (
        "Loan_Amount",
        "loanamnt amount principal principalamount originalamount originalprincipal origbal disbursedamount \
         amountdisbursed sanctionedamount creditamount montoprestamo montantdupret kreditbetrag",
    ),
    (
        "Loan_Tenure",
        "tenure tenuremonths term termmonths loanterm repaymentperiods noofinstallments numberofinstallments \
         duration plazo laufzeit duree",
    ),
    (
        "Interest_Rate",
        "rate intrate annualinterestrate annualnominalinterestrate rateofinterest apr tasadeinteres zinssatz \
         tauxdinteret",
    ),
    (
        "Monthly_EMI",
        "emi installment instalment installmentamount instalmentamount monthlyinstallment monthlyinstalment \
         monthlypayment monthlyrepaymentamount cuota mensualite",
    ),
    ("Monthly_Income", "income salary monthlysalary netincome netmonthlyincome ingresomensual"),
    ("Collateral_Value", "collateral securityvalue valueofcollateral collateralamount"),
    (
        "Num_Missed_Payments",
        "missedpayments missedinstallments missedinstalments missedemis overdueinstallments overdueinstalments \
         paymentsmissed cuotasvencidas",
    ),
    ("Loan_Type", "product loanproduct producttype productname creditproduct purpose"),
    ("Employment_Type", "employment employmentstatus occupation employmentkind"),
    ("Disbursed_On", "disbursementdate disbursaldate disburseddate disbursedate dateofdisbursement datedisbursed"),
    ("Maturity_Date", "maturity maturityon maturedon expectedmaturedon expectedmaturitydate loanenddate finalduedate"),
    ("Branch", "branchname branchcode branchid branchoffice"),
    ("Officer", "loanofficer loanofficername officername creditofficer accountofficer fieldofficer"),
    ("Product", "loanproduct productname producttype creditproduct"),
];

/// The most typing errors in a standard name.
const SLIPS: usize = 2;

/// The lines that name the missing columns, as far as headers suggest them.
pub fn proposals(headers: &[String], own: &BTreeMap<String, String>) -> Vec<(&'static str, String)> {
    let names: Vec<String> = headers.iter().map(|header| letters_of(without_unit(header))).collect();
    let fields = HeaderMap::standard_fields(headers, own);
    let mut taken: Vec<usize> = fields.iter().flatten().copied().collect();
    let mut proposed = Vec::new();
    for (column, _) in COLUMNS.iter().zip(fields).filter(|(_, field)| field.is_none()) {
        let known = SYNONYMS.iter().find(|(name, _)| *name == column.name).map_or("", |(_, known)| known);
        let by_name = known.split(' ').find_map(|known| names.iter().position(|name| name == known));
        let standard = letters_of(column.name);
        let by_slip = || names.iter().position(|name| name.len() > 2 * SLIPS + 2 && is_slip(name, &standard));
        if let Some(field) = by_name.or_else(by_slip).filter(|field| !taken.contains(field)) {
            taken.push(field);
            proposed.push((column.name, headers[field].clone()));
        }
    }
    proposed
}

/// A header without its unit in brackets or its currency.
fn without_unit(header: &str) -> &str {
    let bare = header.split(['(', '[']).next().filter(|bare| bare.contains(char::is_alphanumeric));
    currency::of_header(header).map(|(rest, _)| rest).or(bare).unwrap_or(header)
}

/// Whether two words differ in at most [`SLIPS`] letters that are wrong, too many or too few.
fn is_slip(one: &str, other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], place + 1);
        for (at, known) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *known);
            before = row[at + 1];
            row[at + 1] = changed.min(before + 1).min(row[at] + 1);
        }
    }
    row[other.len()] <= SLIPS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(headers: &[&str]) -> Vec<String> {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        proposals(&headers, &BTreeMap::new()).iter().map(|(name, header)| format!("{name} = {header}")).collect()
    }

    #[test]
    fn names_of_other_programs_and_slips_are_proposed() {
        assert_eq!(
            proposed(&["id", "member_id", "out_prncp", "out_prncp_inv", "term"]),
            ["Loan_ID = id", "Borrower_ID = member_id", "Loan_Tenure = term", "Outstanding_Loan_Amount = out_prncp"]
        );
        assert_eq!(
            proposed(&["Loan_ID", "Oustanding Loan Amout", "DPD"]),
            ["Outstanding_Loan_Amount = Oustanding Loan Amout", "Days_Past_Due = DPD"]
        );
        assert_eq!(
            proposed(&["Loan_ID", "Balance (USD)", "DPD [days]", "Principal_INR"]),
            ["Loan_Amount = Principal_INR", "Outstanding_Loan_Amount = Balance (USD)", "Days_Past_Due = DPD [days]"]
        );
        assert!(proposed(&["Loan_ID", "Age", "Colour", "Wages"]).is_empty());
    }

    #[test]
    fn a_header_is_proposed_once_and_synonyms_name_standard_columns() {
        assert_eq!(proposed(&["Loan No", "Account No"]), ["Loan_ID = Loan No"]);
        for (name, known) in SYNONYMS {
            assert!(COLUMNS.iter().any(|column| column.name == name), "{name}");
            assert!(known.split(' ').all(|known| letters_of(known) == known), "{name}");
        }
    }
}
