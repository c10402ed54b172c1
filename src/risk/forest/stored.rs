//! A forest as bytes: a mark, the format's number, a checksum, and the postcard form of names, cuts, parameters and trees.
//!
//! Whole numbers and `f32` cuts are kept as they are, so a forest that was stored and read gives the same scores to the
//! last bit. Bytes that were damaged, cut short or made up give an error: everything that scoring relies on is checked
//! here, once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::params::UsedParams;
use super::tree::{StoredNode, Tree};
use super::{Forest, MOST_FEATURES};
use crate::risk::RiskError;
use crate::risk::bins::Binning;

const MARK: [u8; 4] = *b"RCPF";
/// Changes whenever the bytes that follow change their meaning.
const FORMAT: u16 = 1;
const CHECKSUM_BYTES: usize = 32;

#[derive(Serialize, Deserialize)]
struct StoredForest {
    feature_names: Vec<String>,
    binning: Binning,
    params: UsedParams,
    trees: Vec<Vec<StoredNode>>,
}

impl Forest {
    /// The forest as bytes to be stored: about 4 bytes for each place in each tree.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredForest {
            feature_names: self.feature_names.clone(),
            binning: self.binning.clone(),
            params: self.params,
            trees: self.trees.iter().map(Tree::to_stored).collect(),
        };
        let content = postcard::to_stdvec(&stored).expect("plain structures in memory always serialise");
        sealed(&content)
    }

    /// The forest that [`Forest::to_bytes`] stored.
    ///
    /// # Errors
    /// [`RiskError::ModelFormat`] when another version of the program stored it in another way;
    /// [`RiskError::DamagedModel`] when the bytes are not a whole stored forest.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RiskError> {
        let stored: StoredForest =
            postcard::from_bytes(opened(bytes)?).map_err(|_| RiskError::DamagedModel("its content cannot be read"))?;
        let features = stored.feature_names.len();
        let is_whole = (1..=MOST_FEATURES).contains(&features)
            && stored.binning.features() == features
            && stored.binning.is_sound()
            && stored.trees.len() == stored.params.trees as usize
            && !stored.trees.is_empty();
        if !is_whole {
            return Err(RiskError::DamagedModel("its parts do not fit together"));
        }
        let trees = stored.trees.iter().map(|tree| Tree::from_stored(tree, features)).collect::<Result<_, _>>()?;
        let StoredForest { feature_names, binning, params, .. } = stored;
        Ok(Self { feature_names, binning, params, trees })
    }
}

fn sealed(content: &[u8]) -> Vec<u8> {
    let checksum = Sha256::digest(content);
    [&MARK[..], &FORMAT.to_le_bytes(), &checksum, content].concat()
}

fn opened(bytes: &[u8]) -> Result<&[u8], RiskError> {
    let rest = bytes.strip_prefix(&MARK).ok_or(RiskError::DamagedModel("it does not begin as a forest does"))?;
    let (format, rest) = rest.split_first_chunk().ok_or(RiskError::DamagedModel("it ends early"))?;
    let found = u16::from_le_bytes(*format);
    if found != FORMAT {
        return Err(RiskError::ModelFormat { found, expected: FORMAT });
    }
    let (checksum, content) =
        rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or(RiskError::DamagedModel("it ends early"))?;
    if Sha256::digest(content)[..] != checksum[..] {
        return Err(RiskError::DamagedModel("its checksum differs"));
    }
    Ok(content)
}
