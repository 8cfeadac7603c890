//! Builds the core for JavaScript into the folder that is named: `rejoinder.wasm`, its bindings,
//! and the bound on its size.
//!
//! wasm-bindgen is a library here, not a program from elsewhere, so that its version is locked with
//! that of the bindings. The target's standard library comes from rustup where it can be had, else
//! from Debian's packages `rustc-web`, `cargo-web`, `rust-web-src` and `lld-19`, with which it is
//! built from source.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// Bytes that the core may have on the way to a browser: a build that is larger fails.
const LARGEST: usize = 330 * 1024;

/// What rustc's output uses, all of it in every browser since 2021.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Debian's toolchain, which brings the sources of the standard library.
const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::args().nth(1).map(PathBuf::from);
    let out = out.ok_or("say where to: rejoinder-wasm-build FOLDER [WASM-OPT]")?;
    let optimizer = env::args().nth(2);
    let built = if has_target() { build_with_rustup()? } else { build_with_debian()? };
    fs::create_dir_all(&out)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(built).web(true)?.typescript(true).out_name("rejoinder");
    bindgen.omit_default_module_path(true).remove_name_section(true);
    bindgen.remove_producers_section(true).generate(&out)?;
    let wasm = out.join("rejoinder_bg.wasm");
    if let Some(optimizer) = optimizer {
        optimize(&optimizer, &wasm)?;
    }
    let bytes = fs::read(&wasm)?;
    let compressed = compressed(&bytes)?;
    let mut out = std::io::stdout();
    writeln!(out, "core: {} bytes, {compressed} with brotli, at most {LARGEST}", bytes.len())?;
    if compressed > LARGEST {
        return Err(format!("the core has {compressed} bytes, at most {LARGEST} may be").into());
    }
    Ok(())
}

/// Whether the toolchain at hand has the target, or rustup can bring it.
fn has_target() -> bool {
    let there = || {
        let output = Command::new(rustc()).args(["--print", "sysroot"]).output();
        output.is_ok_and(|output| {
            let root = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Path::new(&root).join("lib/rustlib").join(TARGET).join("lib").is_dir()
        })
    };
    there() || {
        let added = Command::new("rustup").args(["target", "add", TARGET]).status();
        added.is_ok_and(|status| status.success()) && there()
    }
}

fn build_with_rustup() -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    build(&mut cargo)
}

fn build_with_debian() -> Result<PathBuf, Box<dyn Error>> {
    let [cargo, rustc] = ["/usr/bin/cargo", "/usr/bin/rustc"].map(Path::new);
    if !cargo.exists() || !rustc.exists() {
        let packages = DEBIAN.join(" ");
        return Err(format!(
            "the target {TARGET} is not at hand: `rustup target add {TARGET}`, or on Debian \
             `apt-get install {packages}`"
        )
        .into());
    }
    let mut command = Command::new(cargo);
    command
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
        .args(["-Z", "build-std=std,panic_abort"]);
    build(&mut command)
}

fn build(cargo: &mut Command) -> Result<PathBuf, Box<dyn Error>> {
    let target = env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let folder = Path::new(&target).join("wasm");
    let status = cargo
        .args(["build", "--package", "rejoinder-wasm", "--lib", "--profile", "wasm", "--locked"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&folder)
        .status()?;
    if !status.success() {
        return Err("the core was not built".into());
    }
    Ok(folder.join(TARGET).join("wasm/rejoinder_wasm.wasm"))
}

fn optimize(optimizer: &str, wasm: &Path) -> Result<(), Box<dyn Error>> {
    let status = Command::new(optimizer)
        .args(FEATURES)
        .args(["-Oz", "--strip-debug", "-o"])
        .args([wasm, wasm])
        .status()
        .map_err(|error| format!("{optimizer} does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err("wasm-opt failed".into()) }
}

fn compressed(bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 64 * 1024, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(out.len())
}

fn rustc() -> String {
    env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}
