//! Bytes as frames of either side: refused, or read to what writes and reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rejoinder_core::wire::{ClientFrame, ServerFrame};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = ClientFrame::decode(bytes) {
        assert_eq!(ClientFrame::decode(&frame.encode()).as_ref(), Ok(&frame));
    }
    if let Ok(frame) = ServerFrame::decode(bytes) {
        assert_eq!(ServerFrame::decode(&frame.encode()).as_ref(), Ok(&frame));
    }
});
