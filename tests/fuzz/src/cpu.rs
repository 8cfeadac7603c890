//! How long something took a processor: what others do on the machine at the same time does not
//! count.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How much of a processor this process has used by now, in all of its threads.
///
/// # Panics
/// On a system that does not count it.
#[must_use]
pub fn used() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(tv_sec).unwrap(), u32::try_from(tv_nsec).unwrap())
}

/// The same, in this thread only.
///
/// # Panics
/// On a system that does not count it.
#[must_use]
pub fn used_here() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(tv_sec).unwrap(), u32::try_from(tv_nsec).unwrap())
}
