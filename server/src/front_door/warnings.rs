//! Warnings that are said once, about what is wrong with every request if it is wrong with one.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

/// What has been warned of.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    no_address: AtomicBool,
    unnamed_proxy: AtomicBool,
}

impl Warnings {
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
