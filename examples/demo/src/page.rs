//! The page, in the binary: each file of `page/`, with the headers it is served with.
//!
//! The policy in these headers is the page's promise: it loads nothing from anywhere else, and runs no
//! code that is not in these files.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::get;

/// `connect-src 'self'` covers `fetch` and the WebSocket alike.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// One file: where it is served, as what, and what it says.
type File = (&'static str, &'static str, &'static str);

const FILES: &[File] = &[
    ("/", HTML, include_str!("../page/index.html")),
    ("/style.css", CSS, include_str!("../page/style.css")),
    ("/icon.svg", SVG, include_str!("../page/icon.svg")),
    ("/main.js", SCRIPT, include_str!("../page/main.js")),
    ("/carrier.js", SCRIPT, include_str!("../page/carrier.js")),
    ("/chat.js", SCRIPT, include_str!("../page/chat.js")),
    ("/check.js", SCRIPT, include_str!("../page/check.js")),
    ("/controls.js", SCRIPT, include_str!("../page/controls.js")),
    (
        "/conversation.js",
        SCRIPT,
        include_str!("../page/conversation.js"),
    ),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/facts.js", SCRIPT, include_str!("../page/facts.js")),
    ("/journal.js", SCRIPT, include_str!("../page/journal.js")),
    ("/names.js", SCRIPT, include_str!("../page/names.js")),
    ("/network.js", SCRIPT, include_str!("../page/network.js")),
    ("/reasons.js", SCRIPT, include_str!("../page/reasons.js")),
    ("/stream.js", SCRIPT, include_str!("../page/stream.js")),
    ("/strip.js", SCRIPT, include_str!("../page/strip.js")),
    ("/verdicts.js", SCRIPT, include_str!("../page/verdicts.js")),
];

/// The routes of the page's files.
pub(crate) fn routes() -> Router {
    FILES
        .iter()
        .fold(Router::new(), |router, &(path, kind, body)| {
            router.route(path, get(move || async move { (headers(kind), body) }))
        })
}

/// `no-cache` and not `no-store`, which would keep the page out of the back/forward cache.
fn headers(kind: &'static str) -> [(axum::http::HeaderName, &'static str); 5] {
    [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        for entry in std::fs::read_dir(folder).expect("the page's folder is there") {
            let name = entry.expect("the folder can be read").file_name();
            let path = format!("/{}", name.to_string_lossy().replace("index.html", ""));
            assert!(
                FILES.iter().any(|file| file.0 == path),
                "{path} is missing in FILES"
            );
        }
    }

    #[test]
    fn the_page_names_no_other_place() {
        for (path, _, body) in FILES {
            let foreign = body
                .match_indices("://")
                .filter(|&(at, _)| !body[at..].starts_with("://www.w3.org/2000/svg"))
                .count();
            assert_eq!(foreign, 0, "{path} names another place");
        }
    }

    #[test]
    fn every_module_that_a_file_imports_is_served() {
        let imports = FILES
            .iter()
            .flat_map(|(_, _, body)| body.split("from \"").skip(1));
        for import in imports {
            let name = import.split('"').next().expect("a split has a first part");
            let path = name.trim_start_matches('.');
            assert!(
                path == "/realtime/client.js" || FILES.iter().any(|file| file.0 == path),
                "{name} is imported and not served"
            );
        }
    }
}
