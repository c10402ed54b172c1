//! A forest as bytes: features, cuts, parameters and trees, kept exactly, so that it scores the same to the last bit.
//!
//! Whatever scoring relies on is checked here, once; damaged bytes give an error.

use serde::{Deserialize, Serialize};

use super::params::UsedParams;
use super::tree::{StoredTree, Tree};
use super::{Forest, MOST_FEATURES};
use crate::features::{Feature, Kind};
use crate::risk::RiskError;
use crate::risk::bins::Binning;
use crate::risk::sealed;

const MARK: [u8; 4] = *b"RCPF";
/// Changes whenever the bytes that follow change their meaning.
const FORMAT: u16 = 2;

#[derive(Serialize, Deserialize)]
struct StoredForest {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    trees: Vec<StoredTree>,
}

impl Forest {
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredForest {
            features: self.features.clone(),
            binning: self.binning.clone(),
            params: self.params,
            trees: self.trees.iter().map(|tree| tree.to_stored(&self.binning)).collect(),
        };
        sealed::stored(MARK, FORMAT, &stored)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RiskError> {
        let stored: StoredForest = sealed::read(MARK, FORMAT, bytes)?;
        let features = stored.features.len();
        let is_whole = (1..=MOST_FEATURES).contains(&features)
            && stored.binning.features() == features
            && stored.binning.is_sound()
            && stored.trees.len() == stored.params.trees as usize
            && !stored.trees.is_empty();
        if !is_whole {
            return Err(RiskError::DamagedModel("its parts do not fit together"));
        }
        let StoredForest { features, binning, params, trees } = stored;
        let is_category =
            |feature: usize| features.get(feature).is_some_and(|feature| matches!(feature.kind, Kind::Category(_)));
        let is_probability = |value: f32| (0.0..=1.0).contains(&value);
        let read = |tree: &StoredTree| Tree::from_stored(tree, &binning, is_category, is_probability);
        let trees = trees.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { features, binning, params, trees })
    }
}

#[cfg(test)]
mod tests {
    use linfa::dataset::DatasetBase;
    use ndarray::Array1;
    use proptest::prelude::*;

    use super::super::tree::StoredNode;
    use super::*;
    use crate::features::FeatureMatrix;
    use crate::risk::forest::ForestParams;
    use crate::risk::sealed::{opened, sealed};

    fn column() -> Vec<f32> {
        (0..40).map(|loan| if loan % 7 == 0 { f32::NAN } else { (loan * 37 % 40) as f32 }).collect()
    }

    fn matrix() -> FeatureMatrix {
        let reversed = column().into_iter().rev().collect();
        FeatureMatrix::new(vec![Feature::number("age"), Feature::number("income")], vec![column(), reversed])
    }

    fn small_forest() -> Forest {
        let outcomes = (0..40).map(|loan| Some(loan % 3 == 0)).collect::<Array1<_>>();
        ForestParams::new(1).trees(4).min_leaf(2).fit(&DatasetBase::new(matrix(), outcomes)).unwrap()
    }

    /// Reads content under a true checksum, as damage that happened before sealing would arrive.
    fn read_content(content: &[u8]) -> Result<Forest, RiskError> {
        Forest::from_bytes(&sealed(MARK, FORMAT, content))
    }

    fn content_of(stored: &StoredForest) -> Vec<u8> {
        postcard::to_stdvec(stored).unwrap()
    }

    fn stored() -> StoredForest {
        let bytes = small_forest().to_bytes();
        postcard::from_bytes(opened(MARK, FORMAT, &bytes).unwrap()).unwrap()
    }

    fn refusal(damage: impl Fn(&mut StoredForest)) -> String {
        let mut stored = stored();
        damage(&mut stored);
        read_content(&content_of(&stored)).unwrap_err().to_string()
    }

    #[test]
    fn every_part_that_scoring_relies_on_is_checked() {
        assert!(read_content(&content_of(&stored())).is_ok());
        let leaf = |total, positives| vec![StoredNode::Leaf { positives, total, value: 0.5 }];
        let split = |feature, cut| StoredNode::Split { feature, cut, is_missing_left: false };
        assert!(refusal(|forest| forest.trees.clear()).contains("do not fit together"));
        assert!(refusal(|forest| forest.features.clear()).contains("do not fit together"));
        assert!(refusal(|forest| forest.trees[0].nodes = vec![]).contains("ends early"));
        assert!(refusal(|forest| forest.trees[0].nodes = vec![split(0, 1)]).contains("ends early"));
        assert!(refusal(|forest| forest.trees[0].nodes.push(split(0, 1))).contains("after its end"));
        assert!(refusal(|forest| forest.trees[0].nodes = vec![split(2, 1)]).contains("outside the features"));
        assert!(refusal(|forest| forest.trees[0].nodes = vec![split(0, 255)]).contains("outside the features"));
        assert!(refusal(|forest| forest.trees[0].nodes = leaf(0, 0)).contains("impossible counts"));
        assert!(refusal(|forest| forest.trees[0].nodes = leaf(1, 2)).contains("impossible counts"));
        let too_many = [vec![split(0, 1)], leaf(u32::MAX, 0), leaf(1, 0)].concat();
        assert!(refusal(|forest| forest.trees[0].nodes = too_many.clone()).contains("more rows than can be"));
    }

    proptest! {
        #[test]
        fn a_cut_or_changed_file_is_an_error(cut in any::<prop::sample::Index>(), change in 1u8..) {
            let bytes = small_forest().to_bytes();
            let place = cut.index(bytes.len());
            prop_assert!(Forest::from_bytes(&bytes[..place]).is_err());
            let mut changed = bytes;
            changed[place] ^= change;
            prop_assert!(Forest::from_bytes(&changed).is_err());
        }

        #[test]
        fn content_made_up_under_a_true_checksum_gives_an_error_or_a_forest_that_scores(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut content = content_of(&stored());
            for (place, byte) in changes {
                let place = place.index(content.len());
                content[place] = byte;
            }
            if let Some(cut) = cut {
                content.truncate(cut.index(content.len()));
            }
            if let Ok(forest) = read_content(&content) {
                let renamed = FeatureMatrix::new(forest.features().to_vec(), vec![column(), column()]);
                prop_assert!(forest.score(&renamed).unwrap().iter().all(|score| (0.0..=1.0).contains(score)));
            }
        }
    }
}
