//! A column with few different texts, stored as positions in their list.

/// Further different texts count as missing.
const MOST_TEXTS: usize = 1_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    different: Vec<String>,
    /// For each loan one more than the position of its text, or zero for none.
    places: Vec<u16>,
}

impl Texts {
    pub fn push(&mut self, text: Option<&str>) {
        let place = text.and_then(|text| self.place(text));
        self.places.push(place.map_or(0, |place| place as u16 + 1));
    }

    fn place(&mut self, text: &str) -> Option<usize> {
        self.different.iter().position(|known| known == text).or_else(|| {
            let has_room = self.different.len() < MOST_TEXTS;
            has_room.then(|| {
                self.different.push(text.to_owned());
                self.different.len() - 1
            })
        })
    }

    /// In another order, given by old positions.
    pub fn ordered(self, order: &[u32]) -> Self {
        Self { places: super::ordered(&self.places, order), ..self }
    }

    pub fn of(&self, loan: usize) -> Option<&str> {
        let place = usize::from(self.places[loan]).checked_sub(1)?;
        Some(&self.different[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_has_its_text_or_none() {
        let mut texts = Texts::default();
        [Some("Female"), Some("Male"), None, Some("Female")].into_iter().for_each(|text| texts.push(text));
        assert_eq!([0, 1, 2, 3].map(|loan| texts.of(loan)), [Some("Female"), Some("Male"), None, Some("Female")]);
    }

    #[test]
    fn texts_without_end_are_missing_beyond_the_first_thousand() {
        let mut texts = Texts::default();
        (0..1_002).for_each(|loan| texts.push(Some(&loan.to_string())));
        assert_eq!((texts.of(999), texts.of(1_001)), (Some("999"), None));
    }
}
