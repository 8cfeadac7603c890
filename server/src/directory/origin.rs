//! Where a site's widget may be embedded.

use core::fmt;
use core::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Scheme;

/// A web origin, such as `https://shop.example` or `http://localhost:8000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an origin: expected scheme and host only, such as https://shop.example")]
pub struct OriginError {
    text: String,
}

impl Origin {
    /// The origin, as a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || OriginError { text: text.chars().take(80).collect() };
        let uri: Uri = text.trim().parse().map_err(|_| error())?;
        let scheme = uri.scheme().filter(|s| [Scheme::HTTP, Scheme::HTTPS].contains(s));
        let (scheme, authority) = scheme.zip(uri.authority()).ok_or_else(error)?;
        let bare = ["", "/"].contains(&uri.path()) && uri.query().is_none();
        if !bare || text.contains('#') || authority.as_str().contains('@') {
            return Err(error());
        }
        let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let host = authority.host().to_lowercase();
        // Browsers leave the scheme's own port out.
        Ok(Self(match authority.port_u16() {
            Some(port) if port != default => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_reads_as_browsers_send_it() {
        let read = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(read("HTTPS://Shop.Example:443/").unwrap(), "https://shop.example");
        assert_eq!(read("http://localhost:8000").unwrap(), "http://localhost:8000");
        for text in ["", "shop.example", "ftp://a.b", "https://", "https://a/b", "https://u@a"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
