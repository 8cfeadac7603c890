//! The files of an app, as the program holds them.

use core::fmt;

/// A file of an app.
#[derive(Clone, Copy)]
pub struct Asset {
    /// Where it stands in its app, with slashes: `assets/index-3f2a.js`.
    pub path: &'static str,
    /// What stands in it.
    pub bytes: &'static [u8],
    /// The same in brotli, where that is shorter.
    pub brotli: Option<&'static [u8]>,
    /// What changes when its bytes do: characters that may stand in an `ETag`.
    pub digest: &'static str,
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asset").field("path", &self.path).field("digest", &self.digest).finish()
    }
}

/// The files of an app. One without files was not built.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bundle(&'static [Asset]);

impl Bundle {
    /// These files.
    #[must_use]
    pub const fn new(assets: &'static [Asset]) -> Self {
        Self(assets)
    }

    /// Whether it was built.
    #[must_use]
    pub const fn is_built(&self) -> bool {
        !self.0.is_empty()
    }

    /// The file at exactly this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&'static Asset> {
        self.0.iter().find(|asset| asset.path == path)
    }
}

impl Asset {
    /// Its media type, by the ending of its name.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "html" => "text/html; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            "webp" => "image/webp",
            "ico" => "image/x-icon",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Whether its name changes with its bytes, so that it may be kept for ever: builds put such
    /// files, and no others, into `assets/`.
    #[must_use]
    pub fn is_hashed(&self) -> bool {
        self.path.starts_with("assets/") || self.path.contains("/assets/")
    }
}
