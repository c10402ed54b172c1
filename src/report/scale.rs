//! How a score is written: a model's as a probability, the scorecard's as points of 100, which are not probabilities.

use crate::config::FULL_POINTS;
use crate::format::{self, decimal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreScale {
    Probability,
    Points,
}

impl ScoreScale {
    pub fn of(is_by_policy: bool) -> Self {
        if is_by_policy { Self::Points } else { Self::Probability }
    }

    pub fn is_points(self) -> bool {
        self == Self::Points
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Probability => "Score",
            Self::Points => "Points",
        }
    }

    /// Points are written without decimals.
    pub fn written(self, score: Option<f64>, decimals: usize) -> String {
        match (self, score) {
            (Self::Points, Some(score)) => format!("{:.0}", score * FULL_POINTS),
            (_, None) => format::NONE.to_owned(),
            (Self::Probability, score) => decimal(score, decimals),
        }
    }

    pub fn in_words(self, written: &str) -> String {
        match self {
            Self::Probability => format!("score {written}"),
            Self::Points => format!("{written} {} of 100", if written == "1" { "point" } else { "points" }),
        }
    }

    /// A rule's band of scores, "0.50 to 0.75": its numbers as they are, or as points.
    pub fn band(self, band: &str) -> String {
        let word = |word: &str| {
            let number = word.trim_end_matches(',');
            // Bounds of scores have decimals, days have none.
            match number.parse::<f64>() {
                Ok(score) if self.is_points() && number.contains('.') => {
                    format!("{}{}", (score * FULL_POINTS * 1e6).round() / 1e6, &word[number.len()..])
                }
                _ => word.to_owned(),
            }
        };
        band.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_never_read_as_a_probability() {
        let (points, probability) = (ScoreScale::of(true), ScoreScale::of(false));
        assert_eq!((points.written(Some(0.618), 2).as_str(), points.label()), ("62", "Points"));
        assert_eq!(probability.written(Some(0.618), 2), "0.62");
        assert_eq!(points.in_words("62"), "62 points of 100");
        assert_eq!(points.band("over 0.50 to under 0.755"), "over 50 to under 75.5");
        assert_eq!(points.band("every score"), "every score");
        assert_eq!(points.band("over 0.75, 31 days late or more"), "over 75, 31 days late or more");
        assert_eq!(probability.band("0.50 to 0.75"), "0.50 to 0.75");
    }
}
