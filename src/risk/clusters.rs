//! Which loans are of one borrower: they go well or badly together, so whatever is drawn or measured goes by borrower.
//!
//! Cameron and Miller, "A Practitioner's Guide to Cluster-Robust Inference", Journal of Human Resources 50, 2015.

/// The borrowers of some loans, numbered from 0 in the order in which the loans first name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    /// A number a loan; empty where each has a borrower of its own.
    of_loan: Vec<u32>,
    count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    starts: Vec<u32>,
    loans: Vec<u32>,
}

impl Members {
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn of(&self, borrower: usize) -> &[u32] {
        &self.loans[self.starts[borrower] as usize..self.starts[borrower + 1] as usize]
    }
}

impl Clusters {
    pub fn single(loans: usize) -> Self {
        Self { of_loan: Vec::new(), count: loans }
    }

    pub fn of(keys: &[u64]) -> Self {
        let mut order: Vec<(u64, u32)> = keys.iter().copied().zip(0..).collect();
        order.sort_unstable();
        if order.windows(2).all(|pair| pair[0].0 != pair[1].0) {
            return Self::single(keys.len());
        }
        let mut of_loan = vec![0; keys.len()];
        for group in order.chunk_by(|one, other| one.0 == other.0) {
            group.iter().for_each(|(_, loan)| of_loan[*loan as usize] = group[0].1);
        }
        let mut count = 0;
        for loan in 0..of_loan.len() {
            let first = of_loan[loan] as usize;
            of_loan[loan] = if first == loan { count } else { of_loan[first] };
            count += u32::from(first == loan);
        }
        Self { of_loan, count: count as usize }
    }

    pub fn is_single(&self) -> bool {
        self.of_loan.is_empty()
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn of_loan(&self, loan: usize) -> usize {
        if self.is_single() { loan } else { self.of_loan[loan] as usize }
    }

    pub fn picked(&self, places: &[usize]) -> Self {
        if self.is_single() {
            return Self::single(places.len());
        }
        let keys: Vec<u64> = places.iter().map(|place| u64::from(self.of_loan[*place])).collect();
        Self::of(&keys)
    }

    pub fn members(&self, is_of_kind: impl Fn(usize) -> bool) -> Members {
        let mut loans: Vec<u32> = (0..self.loans()).filter(|loan| is_of_kind(*loan)).map(|loan| loan as u32).collect();
        loans.sort_by_key(|loan| self.of_loan(*loan as usize));
        let is_first = |place: &usize| {
            let borrower = |place: usize| self.of_loan(loans[place] as usize);
            *place == 0 || borrower(*place) != borrower(place - 1)
        };
        let mut starts: Vec<u32> = (0..loans.len()).filter(is_first).map(|place| place as u32).collect();
        starts.push(loans.len() as u32);
        Members { starts, loans }
    }

    pub fn sums(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        if self.is_single() {
            return values.collect();
        }
        let mut sums = vec![0.0; self.count];
        values.enumerate().for_each(|(loan, value)| sums[self.of_loan(loan)] += value);
        sums
    }

    /// The variance of the mean of values, one a loan, given what each is above that mean; `None` of fewer than two borrowers.
    pub fn variance_of_mean(&self, deviations: impl Iterator<Item = f64>) -> Option<f64> {
        let squares: f64 = self.sums(deviations).iter().map(|sum| sum * sum).sum();
        let borrowers = self.count as f64;
        (self.count > 1).then(|| borrowers / (borrowers - 1.0) * squares / (self.loans() as f64).powi(2))
    }

    /// As how many independent loans these count where those of a borrower are all alike (Kish, "Survey Sampling", 1965).
    pub fn least_effective(&self) -> f64 {
        let loans = self.loans() as f64;
        if self.is_single() {
            return loans;
        }
        let squares: f64 = self.sums((0..self.loans()).map(|_| 1.0)).iter().map(|loans| loans * loans).sum();
        loans * loans / squares
    }

    /// As how many independent loans these count for a share of them: `is_of_it` says which have what is counted.
    pub fn effective(&self, is_of_it: &[bool]) -> f64 {
        let loans = is_of_it.len() as f64;
        if self.is_single() || is_of_it.is_empty() {
            return loans;
        }
        let share = is_of_it.iter().filter(|is_of_it| **is_of_it).count() as f64 / loans;
        let deviations = is_of_it.iter().map(|is_of_it| f64::from(u8::from(*is_of_it)) - share);
        match self.variance_of_mean(deviations) {
            Some(variance) if 0.0 < share && share < 1.0 => (share * (1.0 - share) / variance).min(loans),
            // None or all of them: nothing says how alike the loans of a borrower are.
            _ => self.least_effective(),
        }
    }

    fn loans(&self) -> usize {
        if self.is_single() { self.count } else { self.of_loan.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrowers_are_numbered_as_the_loans_name_them() {
        let clusters = Clusters::of(&[9, 4, 9, 7, 4, 9]);
        assert_eq!((0..6).map(|loan| clusters.of_loan(loan)).collect::<Vec<_>>(), [0, 1, 0, 2, 1, 0]);
        let members = clusters.members(|loan| loan != 3);
        assert_eq!(
            (clusters.count(), members.count(), members.of(0), members.of(1)),
            (3, 2, &[0, 2, 5][..], &[1, 4][..])
        );
        assert_eq!(clusters.picked(&[3, 4, 1]), Clusters::of(&[1, 2, 2]));
        assert_eq!(Clusters::of(&[3, 1, 2]), Clusters::single(3));
    }

    #[test]
    fn loans_that_are_all_alike_count_as_one_a_borrower() {
        let keys: Vec<u64> = (0..500).map(|loan| loan / 5).collect();
        let clusters = Clusters::of(&keys);
        let alike: Vec<bool> = keys.iter().map(|borrower| borrower % 4 == 0).collect();
        assert!((clusters.effective(&alike) - 99.0).abs() < 1e-9, "{}", clusters.effective(&alike));
        let each_has_one: Vec<bool> = (0..500).map(|loan| loan % 5 == 0).collect();
        assert_eq!(clusters.effective(&each_has_one), 500.0, "never more than there are loans");
        assert_eq!((clusters.effective(&[true; 500]), clusters.least_effective()), (100.0, 100.0));
        assert_eq!(Clusters::single(500).effective(&alike), 500.0);
    }
}
