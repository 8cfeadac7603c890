//! The apps that browsers are shown, as `build.rs` embeds them.

use rejoinder_server::web::Bundle;

include!(concat!(env!("OUT_DIR"), "/apps.rs"));

#[cfg(test)]
mod tests {
    use super::{DEMO, DESK, WIDGET};

    #[test]
    fn wp26_what_was_built_has_its_pages() {
        for (app, page) in [(WIDGET, "app/index.html"), (DESK, "index.html"), (DEMO, "shop.html")] {
            assert_eq!(app.is_built(), app.get(page).is_some(), "{page}");
        }
    }
}
