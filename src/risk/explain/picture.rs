//! A small tree of three questions that pictures the scores in use.
//!
//! Each question best separates the loans above the mean score from those below, weighed by their distance from it.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::{Array1, Array2};

use crate::features::{Feature, FeatureMatrix, Kind};
use linfa::dataset::Records;

const DEPTH: u32 = 3;
/// Questions are found on this many loans at most, evenly spaced in the order of their ids.
const SAMPLE_LOANS: usize = 1_000;
const FEWEST_LOANS: usize = 40;
const LEAST_WEIGHT_SHARE: f32 = 0.1;

#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub places: Vec<PictureNode>,
    /// The share of the variance of the scores that the tree explains, at most 1.
    pub explained: f64,
}

/// One place of the tree. PictureNode 1 is the top; below place `n` lie `2 n`, to which a loan goes whose value is at most the
/// threshold, and `2 n + 1`.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureNode {
    pub number: u32,
    pub question: Option<Question>,
    pub loans: u64,
    pub mean_score: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub feature: String,
    pub threshold: f64,
}

/// Draws the picture of the scores, one a loan of the matrix. Categories are left out, and a missing value counts as the
/// median of the feature.
pub fn draw(matrix: &FeatureMatrix, scores: &[f64]) -> Picture {
    let loans = matrix.nsamples();
    let stride = loans.div_ceil(SAMPLE_LOANS).max(1);
    let sample: Vec<usize> = (0..loans).step_by(stride).collect();
    let columns: Vec<SplitColumn> =
        (0..matrix.nfeatures()).filter_map(|feature| SplitColumn::of(matrix, feature, &sample)).collect();
    let mut asked = [None; 1 << DEPTH];
    ask(&columns, scores, 1, &sample, &mut asked);
    settle(&columns, &asked, scores)
}

type Asked = Option<(usize, f64)>;

struct SplitColumn<'a> {
    name: &'a str,
    values: &'a [f32],
    median: f32,
}

impl<'a> SplitColumn<'a> {
    fn of(matrix: &'a FeatureMatrix, feature: usize, sample: &[usize]) -> Option<Self> {
        let Feature { name, kind: Kind::Number, .. } = &matrix.features()[feature] else { return None };
        let values = matrix.column(feature);
        let mut known: Vec<f32> = sample.iter().map(|loan| values[*loan]).filter(|value| value.is_finite()).collect();
        known.sort_unstable_by(f32::total_cmp);
        let median = *known.get(known.len() / 2)?;
        Some(Self { name, values, median })
    }

    fn value(&self, loan: usize) -> f64 {
        let value = self.values[loan];
        f64::from(if value.is_finite() { value } else { self.median })
    }
}

fn ask(columns: &[SplitColumn], scores: &[f64], number: usize, loans: &[usize], asked: &mut [Asked]) {
    if number >= asked.len() || loans.len() < FEWEST_LOANS {
        return;
    }
    asked[number] = best_question(columns, scores, loans);
    let Some((column, threshold)) = asked[number] else { return };
    let (left, right): (Vec<usize>, Vec<usize>) =
        loans.iter().partition(|loan| columns[column].value(**loan) <= threshold);
    ask(columns, scores, 2 * number, &left, asked);
    ask(columns, scores, 2 * number + 1, &right, asked);
}

fn best_question(columns: &[SplitColumn], scores: &[f64], loans: &[usize]) -> Option<(usize, f64)> {
    let mean = loans.iter().map(|loan| scores[*loan]).sum::<f64>() / loans.len() as f64;
    let distances = loans.iter().map(|loan| scores[*loan] - mean);
    let weights: Array1<f32> = distances.clone().map(|distance| distance.abs() as f32).collect();
    let is_above: Array1<bool> = distances.map(|distance| distance > 0.0).collect();
    let total = weights.sum();
    if total <= f32::EPSILON * loans.len() as f32 {
        return None;
    }
    let records =
        Array2::from_shape_fn((loans.len(), columns.len()), |(row, column)| columns[column].value(loans[row]));
    let params = DecisionTree::params()
        .split_quality(SplitQuality::Gini)
        .max_depth(Some(1))
        .min_weight_split(0.0)
        .min_weight_leaf(total * LEAST_WEIGHT_SHARE);
    let tree = params.fit(&DatasetBase::new(records, is_above).with_weights(weights)).ok()?;
    let top = tree.root_node();
    (!top.is_leaf()).then(|| (top.split().0, top.split().1))
}

fn settle(columns: &[SplitColumn], asked: &[Asked], scores: &[f64]) -> Picture {
    let question_at = |number: usize| asked.get(number).copied().flatten();
    let mut sums = [(0u64, 0.0f64); 2 << DEPTH];
    let mut leaves = Vec::with_capacity(scores.len());
    for (loan, score) in scores.iter().enumerate() {
        let mut number = 1;
        loop {
            let (loans, sum) = &mut sums[number];
            *loans += 1;
            *sum += score;
            let Some((column, threshold)) = question_at(number) else { break };
            number = 2 * number + usize::from(columns[column].value(loan) > threshold);
        }
        leaves.push(number);
    }
    let mean_at = |number: usize| sums[number].1 / sums[number].0.max(1) as f64;
    let squares = |mean_of: &dyn Fn(usize) -> f64| -> f64 {
        scores.iter().enumerate().map(|(loan, score)| (score - mean_of(loan)).powi(2)).sum()
    };
    let (around_mean, around_leaves) = (squares(&|_| mean_at(1)), squares(&|loan| mean_at(leaves[loan])));
    let explained = if around_mean > 0.0 { 1.0 - around_leaves / around_mean } else { 0.0 };
    let is_place = |number: &usize| *number == 1 || question_at(number / 2).is_some();
    let places = (1..2 << DEPTH).filter(is_place).map(|number| PictureNode {
        number: number as u32,
        question: question_at(number)
            .map(|(column, threshold)| Question { feature: columns[column].name.to_owned(), threshold }),
        loans: sums[number].0,
        mean_score: mean_at(number),
    });
    Picture { places: places.collect(), explained }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Feature;

    fn matrix(columns: Vec<Vec<f32>>) -> FeatureMatrix {
        let features = (0..columns.len()).map(|feature| Feature::number(&format!("feature_{feature}"))).collect();
        FeatureMatrix::new(features, columns)
    }

    #[test]
    fn a_score_of_steps_is_found_whole() {
        let days: Vec<f32> = (0..400).map(|loan| (loan % 100) as f32).collect();
        let noise: Vec<f32> = (0..400).map(|loan| (loan * 37 % 101) as f32).collect();
        let scores: Vec<f64> = days.iter().map(|days| if *days < 60.0 { 0.2 } else { 0.7 }).collect();
        let picture = draw(&matrix(vec![noise, days]), &scores);
        let question = picture.places[0].question.clone().unwrap();
        assert_eq!((question.feature.as_str(), question.threshold), ("feature_1", 59.5));
        assert!((picture.explained - 1.0).abs() < 1e-9);
        let leaves: Vec<_> =
            picture.places.iter().map(|place| (place.number, place.loans, (place.mean_score * 10.0).round())).collect();
        assert_eq!(leaves, [(1, 400, 4.0), (2, 240, 2.0), (3, 160, 7.0)]);
    }

    #[test]
    fn two_questions_are_asked_one_after_the_other() {
        let one: Vec<f32> = (0..800).map(|loan| (loan % 2) as f32).collect();
        let other: Vec<f32> = (0..800).map(|loan| (loan / 2 % 2) as f32).collect();
        let scores: Vec<f64> =
            one.iter().zip(&other).map(|(one, other)| f64::from(0.1 + 0.5 * one + 0.3 * one * other)).collect();
        let picture = draw(&matrix(vec![one, other]), &scores);
        let asked: Vec<_> = picture
            .places
            .iter()
            .filter_map(|place| Some((place.number, place.question.as_ref()?.feature.as_str())))
            .collect();
        assert_eq!(asked, [(1, "feature_0"), (3, "feature_1")]);
        assert!(picture.explained > 0.999);
        for place in &picture.places {
            let below: u64 =
                picture.places.iter().filter(|other| other.number / 2 == place.number).map(|other| other.loans).sum();
            assert!(place.question.is_none() || below == place.loans);
        }
    }

    #[test]
    fn equal_scores_no_values_and_no_loans_are_a_single_place() {
        let flat = draw(&matrix(vec![(0..100).map(|loan| loan as f32).collect()]), &[0.4; 100]);
        assert_eq!((flat.places.len(), flat.explained), (1, 0.0));
        let unknown =
            draw(&matrix(vec![vec![f32::NAN; 100]]), &(0..100).map(|loan| f64::from(loan) / 100.0).collect::<Vec<_>>());
        assert_eq!(unknown.places.len(), 1);
        assert_eq!(draw(&matrix(vec![vec![]]), &[]).places[0].loans, 0);
    }
}
