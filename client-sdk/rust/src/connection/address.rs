//! Where the server is.

use core::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

use crate::error::Error;

/// Where the endpoint is on a server.
const PATH: &str = "/api/v1/sync";

/// The address of a server's endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Uri);

impl Address {
    /// Reads `ws://host:port`, with or without a path.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let not = |problem| Error::Address { address: text.chars().take(200).collect(), problem };
        let uri: Uri = text.parse().map_err(|_| not("expected ws://host:port"))?;
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") => return Err(not("this build has no TLS: use ws:// behind a proxy")),
            _ => return Err(not("expected ws://host:port")),
        }
        let Some(authority) = uri.authority() else { return Err(not("it names no host")) };
        // No credential is ever taken from or put into a URL.
        if authority.as_str().contains('@') {
            return Err(not("credentials do not belong into an address"));
        }
        if !matches!(uri.path(), "" | "/") {
            return Ok(Self(uri));
        }
        let whole = format!("ws://{authority}{PATH}");
        whole.parse().map(Self).map_err(|_| not("expected ws://host:port"))
    }

    pub(crate) fn uri(&self) -> Uri {
        self.0.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn check(text: &str, expect: Result<&str, &str>) {
        let got = Address::parse(text).map(|a| a.to_string()).map_err(|e| e.to_string());
        match expect {
            Ok(whole) => assert_eq!(got.as_deref(), Ok(whole)),
            Err(part) => {
                let error = got.unwrap_err();
                assert!(error.contains(part) && error.contains(text), "{error}");
            }
        }
    }

    #[test]
    fn an_address_gets_the_path_of_the_endpoint() {
        check("ws://127.0.0.1:8080", Ok("ws://127.0.0.1:8080/api/v1/sync"));
        check("ws://chat.example/", Ok("ws://chat.example/api/v1/sync"));
        check("ws://[::1]:80", Ok("ws://[::1]:80/api/v1/sync"));
        check("ws://chat.example/chat/sync", Ok("ws://chat.example/chat/sync"));
    }

    #[test]
    fn wp7_an_address_with_a_credential_and_what_is_no_address_are_named() {
        check("ws://ann:secret@chat.example", Err("credentials do not belong"));
        check("http://chat.example", Err("expected ws://host:port"));
        check("chat.example:80", Err("expected ws://host:port"));
        check("", Err("expected ws://host:port"));
        check("wss://chat.example", Err("TLS"));
    }
}
