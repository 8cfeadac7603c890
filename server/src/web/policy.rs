//! Content security policies: what pages of this server may load, and who may frame them.

use crate::directory::Origin;

/// Who may show a page in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ancestors<'a> {
    /// Pages of this server.
    Own,
    /// Pages of this server and of a site; none named: all.
    Site(&'a [Origin]),
}

/// The policy of widget and desk, and of the workers they start. `sockets` is where the protocol
/// is spoken: older browsers do not take it for the page's own.
pub(super) fn app(sockets: &str, ancestors: Ancestors<'_>) -> String {
    let space = if sockets.is_empty() { "" } else { " " };
    let mut policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'{space}{sockets}; \
         worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types rejoinder; frame-ancestors"
    );
    match ancestors {
        // The desk shows an admin a site's widget on a page of this server.
        Ancestors::Own => policy.push_str(" 'self'; frame-src 'self'"),
        Ancestors::Site([]) => policy.push_str(" *"),
        Ancestors::Site(origins) => {
            policy.push_str(" 'self'");
            for origin in origins {
                policy.push(' ');
                policy.push_str(origin.as_str());
            }
        }
    }
    policy
}

/// The policy of the demo's own page.
pub(super) const DEMO: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
    base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'; frame-ancestors 'none'";

/// The policy of the demo's shop: what a strict customer allows for a widget, and nothing inline.
pub(super) const SHOP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
