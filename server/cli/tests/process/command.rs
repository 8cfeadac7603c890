//! The program on a world's data folder.

use std::path::Path;
use std::process::Command;

use rejoinder_harness::World;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rejoinder");

/// What a command printed; it succeeded.
pub(crate) fn run(world: &World, arguments: &[&str]) -> String {
    let (done, out, err) = try_run(&world.data(), arguments);
    assert!(done, "{arguments:?}: {out}{err}");
    out
}

/// Whether a command succeeded, and what it printed.
pub(crate) fn try_run(data: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(PROGRAM).args(arguments).arg("--data").arg(data).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Asserts that everything in the data folder is sound.
pub(crate) fn is_sound(world: &World) {
    assert!(run(world, &["verify"]).ends_with("sound\n"));
}
