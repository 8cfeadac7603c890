//! REST by hand, as a person of the story.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Person, World};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body as text.
    pub text: String,
}

impl Rest {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl World {
    /// Somebody asks with `GET`.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn get(&self, who: &Person, path: &str) -> Rest {
        self.ask(who, "GET", path, None).await
    }

    /// Somebody asks with `POST`.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn post(&self, who: &Person, path: &str, json: &Value) -> Rest {
        self.ask(who, "POST", path, Some(&json.to_string())).await
    }

    /// Somebody asks with `PUT`.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn put(&self, who: &Person, path: &str, json: &Value) -> Rest {
        self.ask(who, "PUT", path, Some(&json.to_string())).await
    }

    /// Somebody asks with a method, and with or without a body.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn ask(&self, who: &Person, method: &str, path: &str, json: Option<&str>) -> Rest {
        let token = who.client().token().await.unwrap().unwrap();
        self.ask_as(&token, method, path, json).await
    }

    /// Whoever has a token asks.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn ask_as(&self, token: &str, method: &str, path: &str, json: Option<&str>) -> Rest {
        let body = json.map(|json| ("application/json", json.as_bytes()));
        self.sends(token, method, path, body).await
    }

    /// Whoever has a token sends the bytes of a file.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn put_bytes(&self, token: &str, path: &str, bytes: &[u8]) -> Rest {
        self.sends(token, "PUT", path, Some(("application/octet-stream", bytes))).await
    }

    async fn sends(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Rest {
        let answer = Rest::asked_of(self.address(), token, method, path, body).await;
        answer.expect("the server answers")
    }
}

impl Rest {
    /// Whoever has a token sends the bytes of a file to a server that may end meanwhile: then there
    /// is no answer.
    pub async fn of_bytes(
        server: SocketAddr,
        token: &str,
        path: &str,
        bytes: &[u8],
    ) -> Option<Self> {
        let body = Some(("application/octet-stream", bytes));
        Self::asked_of(server, token, "PUT", path, body).await.ok()
    }

    async fn asked_of(
        host: SocketAddr,
        token: &str,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> io::Result<Self> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n"
        );
        if let Some((kind, bytes)) = body {
            request += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", bytes.len());
        }
        request += "\r\n";
        let mut stream = TcpStream::connect(host).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.write_all(body.map_or(&[][..], |(_, bytes)| bytes)).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (head, text) = said.split_once("\r\n\r\n").ok_or_else(broken)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(broken)?;
        Ok(Self { status, head: head.to_owned(), text: text.to_owned() })
    }
}
