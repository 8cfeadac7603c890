//! How much memory a process has in use.

/// Bytes of a page, on every system that says how many there are.
const PAGE_BYTES: usize = 4_096;

/// Bytes of memory that this process has in use; none where the system does not say.
#[must_use]
pub fn memory() -> Option<usize> {
    memory_of(std::process::id())
}

/// Bytes of memory that a process has in use; none where the system does not say.
#[must_use]
pub fn memory_of(process: u32) -> Option<usize> {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * PAGE_BYTES)
}
