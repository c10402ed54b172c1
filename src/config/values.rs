//! The configuration of values: the unit of a column, the meaning of unusual days past due, and spellings of one category.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::columns::{is_category, normalised};

/// `[import.units]`: the units of columns of plain numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    #[serde(rename = "Interest_Rate")]
    pub interest_rate: RateUnit,
    #[serde(rename = "Loan_Tenure")]
    pub loan_tenure: TenureUnit,
    #[serde(rename = "Days_Past_Due")]
    pub days_past_due: LatenessUnit,
    #[serde(rename = "Outstanding_Loan_Amount")]
    pub outstanding: BalanceSign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateUnit {
    /// Percent a year, unless the file contradicts it
    Auto,
    Percent,
    PercentAMonth,
    Fraction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenureUnit {
    /// Months, unless the file contradicts it
    Auto,
    Months,
    Years,
    Weeks,
    Days,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatenessUnit {
    /// Days, unless the file contradicts it
    Auto,
    Days,
    Months,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BalanceSign {
    /// Debts are positive, unless most balances are negative
    Auto,
    OwedPositive,
    OwedNegative,
}

/// `[dpd]`: the meaning of days past due other than plain numbers from 0 up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DaysPastDue {
    pub empty: EmptyDays,
    pub negative: NegativeDays,
    pub buckets: Buckets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyDays {
    Reject,
    Current,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NegativeDays {
    Reject,
    /// The next instalment is not yet due, or already paid: 0 days.
    Ahead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buckets {
    Reject,
    LowerEdge,
}

/// `[values]`: for each column, the meaning of a spelling.
pub type Spellings = BTreeMap<String, BTreeMap<String, String>>;

pub(super) fn problems(values: &Spellings, columns: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (column, spellings) in values {
        if let Err(reason) = is_category(column, columns) {
            problems.push(format!("values: {column:?} {reason}"));
        }
        if let Some(other) = seen.insert(normalised(column), column) {
            problems.push(format!("values: {other:?} and {column:?} are one column"));
        }
        for (spelling, value) in spellings {
            if spelling.trim().is_empty() || value.trim().is_empty() {
                problems.push(format!("values.{column}: neither a spelling nor its value may be empty"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use crate::config::tests::problems_of;

    #[test]
    fn spellings_are_of_columns_with_words() {
        assert_eq!(problems_of("[values.Gender]\nF = \"Female\"\n[values.Branch]\nN = \"North\""), "");
        assert_eq!(problems_of("[columns]\nGender = \"Sex\"\n[values.sex]\nF = \"Female\""), "");
        assert!(problems_of("[values.Age]\n\"4o\" = \"40\"").contains("\"Age\" contains no words"));
        assert!(problems_of("[values.Recovery_Status]\nX = \"Paid\"").contains("[outcome]"));
        assert!(problems_of("[values.Gender]\nF = \"\"").contains("empty"));
        assert!(problems_of("[values.Loan_Type]\nF = \"x\"\n[values.\"loan type\"]\nG = \"x\"").contains("one column"));
    }

    #[test]
    fn units_and_days_past_due_have_words_of_their_own() {
        assert_eq!(problems_of("[import.units]\nInterest_Rate = \"fraction\"\nLoan_Tenure = \"years\""), "");
        assert!(problems_of("[import.units]\nLoan_Tenure = \"decades\"").contains("years"));
        assert!(problems_of("[import.units]\nAge = \"years\"").contains("Age"));
        assert_eq!(problems_of("[dpd]\nempty = \"current\"\nnegative = \"ahead\"\nbuckets = \"lower-edge\""), "");
        assert!(problems_of("[dpd]\nempty = \"zero\"").contains("current"));
    }
}
