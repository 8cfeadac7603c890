//! Embeds the apps: every file of their builds, its digest, and the same in brotli.
//!
//! The files have to be read for digest and compression anyway, so the table that names them is
//! written here as well, and no library is needed to embed them. An app that was not built gives an
//! empty table: the program then says how to build it.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The tables, and where each app's build stands from this package.
const APPS: [(&str, &str); 3] =
    [("WIDGET", "../../widget/dist"), ("DESK", "../../desk/dist"), ("DEMO", "demo/dist")];

/// What builds leave beside what is served.
const LEFT_OUT: [&str; 3] = ["br", "gz", "map"];

fn main() -> Outcome<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    let mut tables = String::new();
    for (name, folder) in APPS {
        let folder = here.join(folder);
        println!("cargo::rerun-if-changed={}", watched(&folder).display());
        let mut files = Vec::new();
        if folder.is_dir() {
            collect(&folder, &mut files)?;
        }
        files.sort();
        writeln!(tables, "/// The files of an app.")?;
        writeln!(tables, "pub(crate) const {name}: Bundle = Bundle::new(&[")?;
        for (index, file) in files.iter().enumerate() {
            let packed = out.join(format!("{name}-{index}.br"));
            writeln!(tables, "{},", asset(&folder, file, &packed)?)?;
        }
        writeln!(tables, "]);")?;
    }
    fs::write(out.join("apps.rs"), tables)?;
    Ok(())
}

/// What changes when the build does: the build, or the folder it will appear in. A folder that is
/// not there would make this program run each time.
fn watched(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !LEFT_OUT.contains(&ending.as_str()) {
            files.push(path);
        }
    }
    Ok(())
}

/// The source of one row.
fn asset(folder: &Path, file: &Path, packed: &Path) -> Outcome<String> {
    let bytes = fs::read(file)?;
    let path = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
    let mut brotli = Vec::new();
    // The densest takes seconds for a megabyte, and a minute where it is not optimised.
    let quality = if std::env::var("PROFILE")? == "release" { 11 } else { 5 };
    let parameters = BrotliEncoderParams { quality, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &parameters)?;
    let brotli = if brotli.len() < bytes.len() {
        fs::write(packed, brotli)?;
        format!("Some(include_bytes!({packed:?}))")
    } else {
        "None".to_owned()
    };
    let mut digest = String::new();
    for byte in Sha256::digest(&bytes).iter().take(8) {
        write!(digest, "{byte:02x}")?;
    }
    Ok(format!(
        "rejoinder_server::web::Asset {{ path: {path:?}, bytes: include_bytes!({file:?}), \
         brotli: {brotli}, digest: {digest:?} }}"
    ))
}
