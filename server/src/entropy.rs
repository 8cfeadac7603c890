//! The server's randomness: the operating system's, behind the core's [`Dice`].

use rejoinder_core::dice::Dice;

/// Dice seeded by the operating system.
///
/// # Panics
/// When the operating system gives no randomness. There is nothing a server could safely do then:
/// every token, key and salt hangs on it.
#[must_use]
pub fn dice() -> Dice {
    match try_dice() {
        Ok(dice) => dice,
        Err(error) => panic!("the operating system gives no randomness: {error}"),
    }
}

/// The same, for those who can say so.
///
/// # Errors
/// What the operating system says.
pub fn try_dice() -> Result<Dice, getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(Dice::from_seed(seed))
}

#[cfg(test)]
mod tests {
    use super::dice;

    #[test]
    fn no_two_dice_fall_the_same_way() {
        assert_ne!(dice().bytes::<32>(), dice().bytes::<32>());
    }
}
