//! Handing out a file: its encoding, its age, and its headers.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::Asset;

/// Who may load a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Pages of this server.
    Own,
    /// Pages of customers.
    Everybody,
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A file, or that the browser has it already.
pub(super) fn answer(
    asset: &Asset,
    asked: &HeaderMap,
    readers: Readers,
    policy: Option<&str>,
) -> Response {
    let brotli = asset.brotli.filter(|_| accepts_brotli(asked));
    let tag = tag(asset, brotli.is_some(), policy);
    let body = brotli.unwrap_or(asset.bytes);
    let mut response = if has(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(body).into_response();
        set(&mut response, header::CONTENT_TYPE, asset.media_type());
        if brotli.is_some() {
            set(&mut response, header::CONTENT_ENCODING, "br");
        }
        response
    };
    set(&mut response, header::ETAG, &tag);
    if asset.brotli.is_some() {
        set(&mut response, header::VARY, "accept-encoding");
    }
    // What is not named by its bytes is asked for each time, which the tag makes short.
    let age = if asset.is_hashed() { "public, max-age=31536000, immutable" } else { "no-cache" };
    set(&mut response, header::CACHE_CONTROL, age);
    set(
        &mut response,
        RESOURCE_POLICY,
        match readers {
            Readers::Own => "same-origin",
            Readers::Everybody => "cross-origin",
        },
    );
    if let Some(policy) = policy {
        set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Sets a header to a value of ours. What cannot be one was checked where it came from.
pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        Err(error) => tracing::error!(%name, %error, "a header was left out"),
    }
}

/// Other bytes, another encoding, or another policy is another representation: a browser that
/// keeps the former one's headers would go on under a policy that no longer holds.
fn tag(asset: &Asset, brotli: bool, policy: Option<&str>) -> String {
    let encoding = if brotli { "-br" } else { "" };
    match policy.filter(|_| !asset.is_hashed()) {
        None => format!("\"{}{encoding}\"", asset.digest),
        Some(policy) => {
            let digest = Sha256::digest(policy.as_bytes());
            let short = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
            format!("\"{}-{short:08x}{encoding}\"", asset.digest)
        }
    }
}

fn items(asked: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = asked.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn has(asked: &HeaderMap, tag: &str) -> bool {
    let weak = |item: &str| item.strip_prefix("W/").unwrap_or(item) == tag;
    items(asked, header::IF_NONE_MATCH).any(|item| item == "*" || weak(item))
}

/// Brotli is named, and not with a weight of nothing. A `*` alone is no promise: what speaks so is
/// seldom a browser.
fn accepts_brotli(asked: &HeaderMap) -> bool {
    items(asked, header::ACCEPT_ENCODING).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
        let refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
        coding.trim().eq_ignore_ascii_case("br") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::accepts_brotli;
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn brotli_is_sent_to_those_who_name_it() {
        let accepts = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            accepts_brotli(&headers)
        };
        for line in ["br", "gzip, deflate, br, zstd", "gzip;q=1.0, BR;q=0.5"] {
            assert!(accepts(line), "{line}");
        }
        for line in ["", "gzip", "br;q=0", "gzip, br; q=0.0", "*", "brotli"] {
            assert!(!accepts(line), "{line}");
        }
    }
}
