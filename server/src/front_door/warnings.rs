//! Warnings that are said once, about what is wrong with every request if it is wrong with one.
//!
//! Clients cause them, so they are bounded in number: no client can fill the log with them.

use crate::front_door::origin::OriginRefused;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many refused origins are warned of while the node runs. A wrong setting shows in the first ones; whoever
/// invents more of them is still counted, and seen at debug level.
const MOST_ORIGINS: usize = 16;

/// What has been warned of.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    no_address: AtomicBool,
    unnamed_proxy: AtomicBool,
    /// What came and what was expected, as the reasons say it: so long values take no more room than those.
    origins: Mutex<Vec<String>>,
}

impl Warnings {
    /// Warns of an origin and what was expected when they come together for the first time.
    pub(crate) fn origin_refused(&self, address: Option<IpAddr>, refused: &OriginRefused) {
        if self.is_news(refused) {
            tracing::warn!(?address, "{refused}");
        } else {
            tracing::debug!(?address, "{refused}");
        }
    }

    fn is_news(&self, refused: &OriginRefused) -> bool {
        let reason = refused.reason();
        let mut known = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = known.len() < MOST_ORIGINS && !known.contains(&reason);
        if is_news {
            known.push(reason);
        }
        is_news
    }

    pub(crate) fn look_at(&self, address: Option<IpAddr>, is_unnamed_proxy: bool) {
        if address.is_none() && !self.no_address.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the clients' addresses are not known, so the caps per address are off: use \
                 throughline::serve, or axum's into_make_service_with_connect_info"
            );
        }
        if is_unnamed_proxy && !self.unnamed_proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                ?address,
                "a proxy in front of this server is not trusted, so all its clients count as one \
                 address: name it with trusted_proxies"
            );
        }
    }
}
