//! A logistic regression as bytes, in the envelope of `sealed`: features, how they become columns, weights and penalty.
//!
//! Numbers are kept as they are, so a model that was stored and read gives the same scores to the last bit. Bytes that were
//! damaged, cut short or made up give an error: everything that scoring relies on is checked here, once.

use serde::{Deserialize, Serialize};

use super::design::Design;
use super::model::Logistic;
use super::solve::Solution;
use crate::features::Feature;
use crate::risk::RiskError;
use crate::risk::sealed::{opened, sealed};

const MARK: [u8; 4] = *b"RCPL";
/// Changes whenever the bytes that follow change their meaning.
const FORMAT: u16 = 1;

#[derive(Serialize, Deserialize)]
struct StoredLogistic {
    features: Vec<Feature>,
    design: Design,
    weights: Vec<f64>,
    intercept: f64,
    alpha: f64,
    trained_loans: u32,
}

impl Logistic {
    /// The model as bytes to be stored: some 100 for each feature, and a few for each level of a category.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredLogistic {
            features: self.features.clone(),
            design: self.design.clone(),
            weights: self.solution.weights.clone(),
            intercept: self.solution.intercept,
            alpha: self.alpha,
            trained_loans: self.trained_loans,
        };
        let content = postcard::to_stdvec(&stored).expect("plain structures in memory always serialise");
        sealed(MARK, FORMAT, &content)
    }

    /// The model that [`Logistic::to_bytes`] stored.
    ///
    /// # Errors
    /// [`RiskError::ModelFormat`] when another version of the program stored it in another way;
    /// [`RiskError::DamagedModel`] when the bytes are not a whole stored model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RiskError> {
        let stored: StoredLogistic = postcard::from_bytes(opened(MARK, FORMAT, bytes)?)
            .map_err(|_| RiskError::DamagedModel("its content cannot be read"))?;
        let StoredLogistic { features, design, weights, intercept, alpha, trained_loans } = stored;
        let model = Self { features, design, solution: Solution { weights, intercept }, alpha, trained_loans };
        if !model.is_sound() {
            return Err(RiskError::DamagedModel("its parts do not fit together"));
        }
        Ok(model)
    }
}
