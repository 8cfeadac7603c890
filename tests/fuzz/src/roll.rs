//! Rolling dice: everything random in a run comes from one seed.

use rejoinder_core::dice::Dice;

/// What a run asks of its dice.
pub trait Roll {
    /// A number from 0, below `bound`, which must not be 0.
    fn index(&mut self, bound: usize) -> usize;

    /// True in `percent` of 100 cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.index(100) < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// When there is none.
    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())].clone()
    }

    /// One of them, unless there is none.
    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(self.one(of)) }
    }
}

impl Roll for Dice {
    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap()
    }
}
