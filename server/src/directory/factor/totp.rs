//! Codes by time: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which is what every
//! authenticator knows.

use hmac::{Hmac, KeyInit, Mac};
use rejoinder_core::time::Timestamp;
use sha1::Sha1;

/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
pub(super) const SECRET_BYTES: usize = 20;

const STEP_MILLIS: i64 = 30_000;

/// Steps by which two clocks may differ.
const SKEW: i64 = 1;

const DIGITS: usize = 6;

/// The step whose code this is: of those around now, one after `taken`.
pub(super) fn step_of(
    secret: &[u8; SECRET_BYTES],
    code: &str,
    now: Timestamp,
    taken: i64,
) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let given: u32 = digits.parse().ok()?;
    let step = now.as_millis().div_euclid(STEP_MILLIS);
    (step - SKEW..=step + SKEW).find(|step| *step > taken && code_of(secret, *step) == given)
}

/// The code of a step: the hash, cut down to where its last four bits say (RFC 4226, section 5.3).
fn code_of(secret: &[u8; SECRET_BYTES], step: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(hash[19] & 0x0f);
    let four = [hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]];
    u32::from_be_bytes(four) % 1_000_000
}

#[cfg(test)]
mod tests {
    use rejoinder_core::time::Timestamp;

    use super::step_of;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    fn step(code: &str, seconds: i64, taken: i64) -> Option<i64> {
        step_of(SECRET, code, Timestamp::from_millis(seconds * 1_000), taken)
    }

    #[test]
    fn rt58_codes_are_those_of_rfc_6238() {
        // Appendix B, whose eight digits end in these six.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step(code, seconds, 0), Some(seconds / 30), "{code}");
        }
        assert_eq!(step(" 287 082", 59, 0), Some(1));
        for wrong in ["287083", "28708", "2870820", "", "+28708", "２８７０８２"] {
            assert_eq!(step(wrong, 59, 0), None, "{wrong}");
        }
    }

    #[test]
    fn rt58_a_code_lasts_a_step_more_on_both_sides_and_is_taken_once() {
        let lasts = |seconds| step("081804", seconds, 0).is_some();
        let begins = 1_111_111_109 / 30 * 30;
        assert!(lasts(begins - 30) && lasts(begins) && lasts(begins + 59));
        assert!(!lasts(begins - 31) && !lasts(begins + 60));
        let taken = begins / 30;
        assert_eq!(step("081804", begins, taken), None);
        assert_eq!(step("081804", begins, taken + 1), None, "nor after a newer one");
        assert_eq!(step("081804", begins, taken - 1), Some(taken));
    }
}
