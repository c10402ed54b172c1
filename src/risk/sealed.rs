//! The envelope of a stored model: a mark that says what it is, the number of its format, a checksum, and the content.
//!
//! It detects damaged, cut or foreign content. It does not guard against one made up on purpose: whoever
//! reads the content still checks that its parts fit together.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::RiskError;
use crate::features::{Feature, Kind};

const MARK_BYTES: usize = 4;
const FORMAT_BYTES: usize = 2;
const CHECKSUM_BYTES: usize = 32;

pub(super) fn sealed(mark: [u8; 4], format: u16, content: &[u8]) -> Vec<u8> {
    let checksum = Sha256::digest(content);
    [&mark[..], &format.to_le_bytes(), &checksum, content].concat()
}

/// The content of an envelope that [`sealed`] made.
///
/// # Errors
/// [`RiskError::ModelFormat`] when its format is another; [`RiskError::DamagedModel`] when it is not whole, or not a model
/// of this kind.
pub(super) fn opened(mark: [u8; 4], format: u16, bytes: &[u8]) -> Result<&[u8], RiskError> {
    let rest =
        bytes.strip_prefix(&mark).ok_or(RiskError::DamagedModel("it does not begin as a model of its kind does"))?;
    let (found, rest) = rest.split_first_chunk().ok_or(RiskError::DamagedModel("it ends early"))?;
    let found = u16::from_le_bytes(*found);
    if found != format {
        return Err(RiskError::ModelFormat { found, expected: format });
    }
    let (checksum, content) =
        rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or(RiskError::DamagedModel("it ends early"))?;
    if Sha256::digest(content)[..] != checksum[..] {
        return Err(RiskError::DamagedModel("its checksum differs"));
    }
    Ok(content)
}

/// A model as bytes. Numbers are kept as they are, so what is read again scores the same to the last bit.
pub(super) fn stored<T: Serialize>(mark: [u8; 4], format: u16, model: &T) -> Vec<u8> {
    sealed(mark, format, &postcard::to_stdvec(model).expect("plain structures in memory always serialise"))
}

pub(super) fn read<T: DeserializeOwned>(mark: [u8; 4], format: u16, bytes: &[u8]) -> Result<T, RiskError> {
    let content = opened(mark, format, bytes)?;
    postcard::from_bytes(content).map_err(|_| RiskError::DamagedModel("its content cannot be read"))
}

/// The texts that a stored model of any kind learnt, by the name of their feature; none where its content cannot be read.
/// The features are the first part of each kind.
pub fn learnt_texts(bytes: &[u8]) -> Option<Vec<(String, Vec<String>)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let content = bytes.get(MARK_BYTES + FORMAT_BYTES + CHECKSUM_BYTES..)?;
    let (features, _) = postcard::take_from_bytes::<Vec<Feature>>(content).ok()?;
    let texts = features.into_iter().map(|feature| match feature.kind {
        Kind::Category(texts) => (feature.name, texts),
        Kind::Number => (feature.name, Vec::new()),
    });
    Some(texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: [u8; 4] = *b"TEST";

    #[test]
    fn texts_are_read_from_the_features_that_come_first() {
        let texts = ["a bank".to_owned(), "x".repeat(300)];
        let feature = Feature { kind: Kind::Category(texts.to_vec()), ..Feature::number("guarantor") };
        let content = postcard::to_stdvec(&(vec![Feature::number("age"), feature], 7_u8)).unwrap();
        let texts_of = learnt_texts(&sealed(MARK, 3, &content)).unwrap();
        assert_eq!(texts_of, [("age".to_owned(), Vec::new()), ("guarantor".to_owned(), texts.to_vec())]);
        assert_eq!(learnt_texts(&[]).unwrap(), []);
        assert!(learnt_texts(b"cut").is_none());
    }

    #[test]
    fn what_was_sealed_opens_again_and_nothing_else_does() {
        let bytes = sealed(MARK, 3, b"content");
        assert_eq!(opened(MARK, 3, &bytes).unwrap(), b"content");
        assert!(matches!(opened(MARK, 4, &bytes), Err(RiskError::ModelFormat { found: 3, expected: 4 })));
        assert!(matches!(opened(*b"ELSE", 3, &bytes), Err(RiskError::DamagedModel(_))));
        for end in 0..bytes.len() {
            assert!(matches!(opened(MARK, 3, &bytes[..end]), Err(RiskError::DamagedModel(_))), "cut at {end}");
        }
        for place in 4 + 2..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(matches!(opened(MARK, 3, &changed), Err(RiskError::DamagedModel(_))), "changed at {place}");
        }
    }
}
