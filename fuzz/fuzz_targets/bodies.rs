//! Bytes as the words of a message: refused, or the one way to write them (OP12).
#![no_main]

use libfuzzer_sys::fuzz_target;
use rejoinder_core::conversation::mention::mentions;
use rejoinder_core::conversation::revision::Body;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(body) = Body::decode(bytes) {
        assert_eq!(body.encode().as_deref(), Ok(bytes));
        let _mentioned = mentions(&body.text);
    }
});
