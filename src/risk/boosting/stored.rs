//! A boosted model as bytes; whatever scoring relies on is checked here, once, and damaged bytes give an error.

use serde::{Deserialize, Serialize};

use super::Boosting;
use super::params::UsedParams;
use crate::features::{Feature, Kind};
use crate::risk::RiskError;
use crate::risk::bins::{Binning, MOST_FEATURES};
use crate::risk::forest::tree::{StoredTree, Tree};
use crate::risk::sealed;

const MARK: [u8; 4] = *b"RCPB";
/// Changes whenever the bytes that follow change their meaning.
const FORMAT: u16 = 1;
/// No step of log odds, and no base, is as large as this.
const MOST_LOG_ODDS: f64 = 100.0;

#[derive(Serialize, Deserialize)]
struct StoredBoosting {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    base: f64,
    trees: Vec<StoredTree>,
}

impl Boosting {
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredBoosting {
            features: self.features.clone(),
            binning: self.binning.clone(),
            params: self.params,
            base: self.base,
            trees: self.trees.iter().map(|tree| tree.to_stored(&self.binning)).collect(),
        };
        sealed::stored(MARK, FORMAT, &stored)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RiskError> {
        let StoredBoosting { features, binning, params, base, trees } = sealed::read(MARK, FORMAT, bytes)?;
        let is_whole = (1..=MOST_FEATURES).contains(&features.len())
            && binning.features() == features.len()
            && binning.is_sound()
            && trees.len() == params.trees as usize
            && base.abs() <= MOST_LOG_ODDS;
        if !is_whole {
            return Err(RiskError::DamagedModel("its parts do not fit together"));
        }
        let is_category =
            |feature: usize| features.get(feature).is_some_and(|feature| matches!(feature.kind, Kind::Category(_)));
        let is_step = |step: f32| f64::from(step).abs() <= MOST_LOG_ODDS;
        let read = |tree: &StoredTree| Tree::from_stored(tree, &binning, is_category, is_step);
        let trees = trees.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { features, binning, params, base, trees })
    }
}
