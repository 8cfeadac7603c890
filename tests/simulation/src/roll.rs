//! Rolling dice: everything random in a run comes from one seed.

use rejoinder_core::dice::Dice;

/// What a run asks of its dice.
pub(crate) trait Roll {
    /// A number from 0, below `bound`.
    fn index(&mut self, bound: usize) -> usize;

    /// True in `percent` of 100 cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.index(100) < percent
    }

    /// True once in `times` cases.
    fn rarely(&mut self, times: usize) -> bool {
        self.index(times) == 0
    }

    /// One of them, unless there is none.
    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { of.get(self.index(of.len())).cloned() }
    }
}

impl Roll for Dice {
    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }
}
