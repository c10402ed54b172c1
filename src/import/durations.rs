//! Durations with a unit ("36 months", "3 yrs", "52 weeks"), and ranges of days past due ("31-60", "90+").

use std::collections::BTreeSet;

/// Days of a month, on average: 3 months are 91 days.
const DAYS_OF_MONTH: f64 = 365.25 / 12.0;

/// From here on, a number after a dash is a year, not the end of a range.
const FIRST_YEAR: u32 = 1900;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Duration {
    months: f64,
    days: f64,
}

impl Duration {
    pub fn of_months(months: f64) -> Self {
        Self { months, days: 0.0 }
    }

    pub fn of_days(days: f64) -> Self {
        Self { months: 0.0, days }
    }

    /// In whole months.
    pub fn months(self) -> i64 {
        (self.months + self.days / DAYS_OF_MONTH).round() as i64
    }

    /// In whole days.
    pub fn days(self) -> i64 {
        (self.months * DAYS_OF_MONTH + self.days).round() as i64
    }

    pub fn of_words(text: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(text).ok()?.trim();
        let mut duration = Self::default();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let is_of_number = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
            let (number, behind) = rest.split_at(rest.find(|letter| !is_of_number(letter))?);
            let behind = behind.trim_start_matches([' ', '\u{a0}', '-', '\t']);
            let (unit, behind) =
                behind.split_at(behind.find(|letter: char| !letter.is_alphabetic()).unwrap_or(behind.len()));
            let number: f64 = number.replace(',', ".").parse().ok()?;
            match unit.to_lowercase().as_str() {
                "m" | "mo" | "mos" | "mth" | "mths" | "mnth" | "mnths" | "month" | "months" => {
                    duration.months += number
                }
                "y" | "yr" | "yrs" | "year" | "years" => duration.months += number * 12.0,
                "w" | "wk" | "wks" | "week" | "weeks" => duration.days += number * 7.0,
                "d" | "day" | "days" => duration.days += number,
                _ => return None,
            }
            rest =
                behind.trim_start_matches(|letter: char| matches!(letter, '.' | ',' | '&') || letter.is_whitespace());
        }
        Some(duration)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysRange {
    from: i64,
    /// Nothing for an open range.
    to: Option<i64>,
}

/// Days of the usual portfolios at risk, PAR30 and PAR90.
const DAYS_OF_RISK: [i64; 2] = [30, 90];

/// More ranges than in any report on arrears.
const MOST_RANGES: usize = 100;

#[derive(Debug, Clone, Default)]
pub struct RangesSeen(BTreeSet<DaysRange>);

impl RangesSeen {
    pub fn add(&mut self, text: &[u8]) {
        if self.0.len() < MOST_RANGES {
            self.0.extend(DaysRange::of(text));
        }
    }

    /// The fewest days of a range. A day at which another range ends belongs to that one: beside "1-30", "30+" begins at 31.
    pub fn lower_edge(&self, range: DaysRange) -> i64 {
        range.from + i64::from(range.from > 0 && self.0.iter().any(|other| other.to == Some(range.from)))
    }

    pub fn warnings(&self) -> Vec<String> {
        let of_range = |range: &DaysRange| {
            let from = self.lower_edge(*range);
            let of_day = |day: i64| {
                let is_left_out = from <= day && range.to.is_none_or(|to| to > day);
                is_left_out.then(|| {
                    let range =
                        range.to.map_or_else(|| format!("{}+", range.from), |to| format!("{}-{to}", range.from));
                    format!("days past due are ranges; {range} counts as {from} days, so PAR{day} leaves it out")
                })
            };
            DAYS_OF_RISK.into_iter().filter_map(of_day).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_range).collect()
    }
}

impl DaysRange {
    pub fn of(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.to_lowercase().replace(['\u{2013}', '\u{2014}'], "-");
        let letters: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let closed = |from: i64, to: i64| Some(Self { from, to: Some(to) });
        let open = |from: i64| Some(Self { from, to: None });
        match letters.as_str() {
            "current" | "notdue" | "notyetdue" | "notoverdue" | "notpastdue" | "uptodate" | "regular" | "ontime"
            | "noarrears" | "standard" => return closed(0, 0),
            "sma0" => return closed(1, 30),
            "sma1" => return closed(31, 60),
            "sma2" => return closed(61, 90),
            "npa" => return open(91),
            _ => {}
        }
        let (words, in_months) = without_units(&text);
        let number = |word: &str| word.parse::<u32>().ok();
        let days = |number: u32| {
            let number = f64::from(number);
            if in_months { Duration::of_months(number).days() } else { number as i64 }
        };
        match words.as_slice() {
            ["<" | "under" | "below", to] | ["less", "than", to] => closed(0, (days(number(to)?) - 1).max(0)),
            ["<=" | "≤" | "upto", to] | ["up", "to", to] => closed(0, days(number(to)?)),
            [from, "-" | "to", to] => {
                let (from, to) = (number(from)?, number(to)?);
                if from < to && to < FIRST_YEAR { closed(days(from), days(to)) } else { None }
            }
            [from, "+" | "plus"] | [from, "and", "above" | "over" | "more" | "up"] | [from, "or", "more" | "over"] => {
                open(days(number(from)?))
            }
            [">=" | "≥" | "from", from] => open(days(number(from)?)),
            [">" | "over" | "above", from] | ["more", "than", from] => open(days(number(from)?) + 1),
            _ => None,
        }
    }
}

/// The words, numbers and signs of a text without its units, and whether the unit is months.
fn without_units(text: &str) -> (Vec<&str>, bool) {
    let class = |letter: char| (letter.is_alphabetic(), letter.is_ascii_digit());
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let (word, behind) = rest.split_at(rest.find(|letter| class(letter) != class(first)).unwrap_or(rest.len()));
            words.push(word);
            rest = behind;
        }
    }
    let is_month = |word: &&str| matches!(*word, "m" | "mo" | "mths" | "month" | "months");
    let in_months = words.iter().any(is_month);
    let is_unit = |word: &&str| {
        is_month(word) || matches!(*word, "d" | "day" | "days" | "dpd" | "past" | "due" | "late" | "overdue")
    };
    words.retain(|word| !is_unit(word));
    (words, in_months)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_by_the_words_beside_it() {
        let months = |text: &str| Duration::of_words(text.as_bytes()).map(Duration::months);
        for (text, wanted) in [
            (" 36 months", 36),
            ("60 Months", 60),
            ("36m", 36),
            ("18 mths.", 18),
            ("3 yrs", 36),
            ("1 Year", 12),
            ("1.5 years", 18),
            ("1,5 yrs", 18),
            ("5Y", 60),
            ("52 weeks", 12),
            ("26 wks", 6),
            ("365 days", 12),
            ("2 years 6 months", 30),
            ("2y 6m", 30),
            ("3-year", 36),
        ] {
            assert_eq!(months(text), Some(wanted), "{text}");
        }
        for text in ["36", "", "months", "36 moons", "three years", "36 months later", "1.2.3 years"] {
            assert_eq!(months(text), None, "{text}");
        }
        assert_eq!(Duration::of_words(b"30 days").map(Duration::days), Some(30));
        assert_eq!(Duration::of_words(b"3 months").map(Duration::days), Some(91));
    }

    #[test]
    fn a_range_of_days_has_a_lower_edge() {
        for (text, wanted) in [
            ("31-60", 31),
            ("31 - 60", 31),
            ("61\u{2013}90 days", 61),
            ("1 to 30", 1),
            ("1 day - 30 days", 1),
            ("0-30", 0),
            ("30+", 30),
            ("90+ DPD", 90),
            ("180 and above", 180),
            ("> 90", 91),
            (">=90", 90),
            ("over 90 days", 91),
            ("<30", 0),
            ("up to 30", 0),
            ("1-3 months", 30),
            ("3+ months", 91),
            ("Current", 0),
            ("Not yet due", 0),
            ("SMA-1", 31),
            ("sma 2", 61),
            ("NPA", 91),
        ] {
            assert_eq!(DaysRange::of(text.as_bytes()).map(|range| range.from), Some(wanted), "{text}");
        }
        for text in ["", "30", "-4", "soon", "60-31", "30-Jan", "2026-01-05", "01-2026", "12-31-60", "90-", "#"] {
            assert_eq!(DaysRange::of(text.as_bytes()), None, "{text}");
        }
    }

    fn seen(texts: &[&str]) -> RangesSeen {
        let mut seen = RangesSeen::default();
        texts.iter().for_each(|text| seen.add(text.as_bytes()));
        seen
    }

    #[test]
    fn a_range_begins_behind_the_one_that_ends_where_it_does() {
        for (texts, text, wanted) in [
            (&["Current", "1-30", "30+"][..], "30+", 31),
            (&["61-90", "90+"], "90+", 91),
            (&["60-89", "90+"], "90+", 90),
            (&["0-30", "30-60"], "30-60", 31),
            (&["31-60", "90+"], "90+", 90),
            (&["Current", "1-30"], "Current", 0),
        ] {
            let range = DaysRange::of(text.as_bytes()).unwrap();
            assert_eq!(seen(texts).lower_edge(range), wanted, "{texts:?}");
        }
    }

    #[test]
    fn ranges_that_a_portfolio_at_risk_leaves_out_are_reported() {
        assert_eq!(
            seen(&["Current", "1-29", "30-59", "60-89", "90+"]).warnings(),
            [
                "days past due are ranges; 30-59 counts as 30 days, so PAR30 leaves it out",
                "days past due are ranges; 90+ counts as 90 days, so PAR90 leaves it out"
            ]
        );
        assert!(seen(&["Current", "1-30", "31-60", "61-90", "90+", "> 90"]).warnings().is_empty());
    }
}
