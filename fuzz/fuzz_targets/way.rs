//! Bytes as the dice of `tests/fuzz`: each eight decide what one frame is made of, so that what was
//! worth trying is varied frame by frame. Frames go the whole way in, and what is accepted is
//! loaded from the disk again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rejoinder_fuzz::Run;

fuzz_target!(|bytes: &[u8]| {
    let _tally = Run::new(1, ()).script(bytes);
});
