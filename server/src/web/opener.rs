//! Which page asks, and by which host.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

use crate::config::PublicUrl;
use crate::directory::Origin;

/// Which page opened a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opener {
    /// No page of somebody else: a program, or a page of this server.
    Own,
    /// A page of somebody else; none where the browser does not say whose.
    Foreign(Option<Origin>),
}

impl Opener {
    /// By what a browser says, which programs leave out.
    #[must_use]
    pub fn of(headers: &HeaderMap, public_url: &PublicUrl) -> Self {
        let mut said = headers.get_all(header::ORIGIN).iter();
        let origin = match (said.next(), said.next()) {
            (None, _) => return Self::Own,
            (Some(one), None) => one.to_str().ok().and_then(|text| text.parse::<Origin>().ok()),
            (Some(_), Some(_)) => None,
        };
        match origin {
            Some(origin) if is_own(&origin, headers, public_url) => Self::Own,
            other => Self::Foreign(other),
        }
    }
}

fn is_own(origin: &Origin, headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    match public_url {
        // Whoever says how the server is reached is asked, and not the request.
        PublicUrl::At(public) => public == origin,
        PublicUrl::AsListening => {
            // A proxy that ends TLS passes the host on and not the scheme.
            let scheme = origin.as_str().split("://").next().unwrap_or_default();
            let by_host = host(headers).and_then(|host| format!("{scheme}://{host}").parse().ok());
            by_host.as_ref() == Some(origin)
        }
    }
}

/// Whether the host that was asked is this machine, whatever a name server says of it: a page of
/// somebody else whose name leads here is kept out by it.
pub(crate) fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers).and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let name = host.host().trim_matches(['[', ']']).to_ascii_lowercase();
    let by_number = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    by_number || name == "localhost" || name.ends_with(".localhost")
}

/// The host that was asked, if it is one: it goes into headers.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let is_host = host.chars().all(plain) && host.parse::<Authority>().is_ok();
    is_host.then_some(host)
}

/// Where browsers speak the protocol with this server, for a content security policy; empty where
/// the host is none.
pub(super) fn sockets(headers: &HeaderMap, public_url: &PublicUrl) -> String {
    match public_url {
        PublicUrl::At(origin) => origin.as_str().replacen("http", "ws", 1),
        PublicUrl::AsListening => {
            host(headers).map(|host| format!("ws://{host} wss://{host}")).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Opener, is_loopback, sockets};
    use crate::config::PublicUrl;
    use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

    fn headers(all: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn wp28_own_is_the_host_that_was_asked_or_the_public_one() {
        let public = PublicUrl::At("https://chat.example".parse().unwrap());
        let own = |origin, host, url: &PublicUrl| {
            let asked = headers(&[(header::ORIGIN, origin), (header::HOST, host)]);
            Opener::of(&asked, url) == Opener::Own
        };
        let anywhere = PublicUrl::AsListening;
        assert!(own("http://localhost:8080", "localhost:8080", &anywhere));
        assert!(own("https://Chat.Example", "chat.example:443", &anywhere));
        assert!(own("https://chat.example", "10.0.0.7:8080", &public));
        assert!(!own("https://chat.example", "10.0.0.7:8080", &anywhere));
        assert!(!own("http://chat.example", "10.0.0.7", &public));
        assert!(!own("http://localhost:8081", "localhost:8080", &anywhere));
        assert!(!own("http://evil.example", "evil.example", &public));
        for origin in ["null", "", "file://", "https://chat.example/x"] {
            assert!(!own(origin, "chat.example", &public), "{origin}");
        }
        assert_eq!(Opener::of(&headers(&[]), &anywhere), Opener::Own);
        let own = (header::ORIGIN, "https://chat.example");
        assert_eq!(Opener::of(&headers(&[own.clone(), own]), &public), Opener::Foreign(None));
    }

    #[test]
    fn the_machine_itself_is_known_by_its_names() {
        let at = |host| is_loopback(&headers(&[(header::HOST, host)]));
        for host in ["localhost:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:8080", "a.Localhost"] {
            assert!(at(host), "{host}");
        }
        for host in ["evil.example:8080", "10.0.0.7", "localhost.evil.example", "", "a b"] {
            assert!(!at(host), "{host}");
        }
        assert!(!is_loopback(&headers(&[])));
    }

    #[test]
    fn a_host_that_is_none_goes_into_no_header() {
        let at = |host| sockets(&headers(&[(header::HOST, host)]), &PublicUrl::AsListening);
        assert_eq!(at("a.example:8080"), "ws://a.example:8080 wss://a.example:8080");
        assert_eq!(at("[::1]:8080"), "ws://[::1]:8080 wss://[::1]:8080");
        for host in ["a; script-src *", "a;b", "a b", "*", "u@a", ""] {
            assert_eq!(at(host), "", "{host}");
        }
        let public = PublicUrl::At("https://chat.example".parse().unwrap());
        assert_eq!(sockets(&headers(&[]), &public), "wss://chat.example");
    }
}
