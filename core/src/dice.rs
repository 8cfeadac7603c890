//! Randomness, as an argument: a generator that a shell seeds from the operating system and a
//! simulation seeds from a number.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A cryptographic generator (ChaCha20) that repeats itself for the same seed.
pub struct Dice(ChaCha20Rng);

impl Dice {
    /// Dice that fall the same way for the same seed. A shell takes the seed from the operating
    /// system, once a process.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number below `bound`, which must not be 0. The bias is below 2⁻³² for bounds a delay or
    /// an index has.
    #[must_use]
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }
}

impl core::fmt::Debug for Dice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Dice")
    }
}
