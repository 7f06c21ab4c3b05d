//! The authentication hook: who is at the door.
//!
//! The hook sees the request and the client's token, and says who this is or why not. It is asked for
//! each hello, and again for each fresh token on a live session; it has a deadline, and when that
//! passes the client hears "unavailable", which is no verdict.

use super::identity::Identity;
use super::refusal::Refusal;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Extensions, HeaderMap, Uri};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use throughline_core::Code;

/// What the hook gets to see.
#[derive(Clone)]
pub struct Attempt {
    parts: Arc<Parts>,
    token: Option<String>,
    address: Option<IpAddr>,
}

impl Attempt {
    pub(crate) fn new(parts: Arc<Parts>, token: Option<String>, address: Option<IpAddr>) -> Self {
        Self {
            parts,
            token,
            address,
        }
    }

    /// The token that the client showed, at most 8 KiB.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The client's address, where it is known.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The headers of the request: the WebSocket handshake, the POST, or the GET without the header that held its batch.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The URL of the request, as far as the router left it.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// What layers in front of the service attached to the request.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.parts.extensions
    }
}

/// Shows neither the token nor the headers, which may hold cookies.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("uri", &self.parts.uri.path())
            .field("has_token", &self.token.is_some())
            .field("address", &self.address)
            .finish()
    }
}

/// The longest lifetime: what is longer may not have a form on the wire.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Somebody who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    pub(crate) identity: Identity,
    pub(crate) expires_in: Option<Duration>,
}

impl Admission {
    /// Admits that identity, for good.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self {
            identity,
            expires_in: None,
        }
    }

    /// Admits it for a while: unless the client shows a fresh token, the session ends then, with
    /// [`Code::TOKEN_EXPIRED`]. More than a year counts as a year.
    #[must_use]
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime.min(YEAR));
        self
    }
}

impl From<Identity> for Admission {
    fn from(identity: Identity) -> Self {
        Self::new(identity)
    }
}

/// Says who is at the door. Implemented by every suitable async function or closure.
///
/// ```
/// use throughline::{Admission, Attempt, Identity, Refusal};
///
/// async fn authenticate(attempt: Attempt) -> Result<Admission, Refusal> {
///     match attempt.token() {
///         Some("swordfish") => Ok(Identity::new("harpo").into()),
///         _ => Err(Refusal::unauthorized("what is the password?")),
///     }
/// }
/// # let _ = throughline::Throughline::builder().authenticate(authenticate);
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Decides. The future is dropped when its deadline passes or the client goes away, and must not
    /// leave anything half done then.
    ///
    /// # Errors
    /// [`Refusal`] is what the client is told.
    fn authenticate(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Admission, Refusal>> + Send;
}

impl<F, Fut> Authenticate for F
where
    F: Fn(Attempt) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Admission, Refusal>> + Send,
{
    fn authenticate(
        &self,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Admission, Refusal>> + Send {
        self(attempt)
    }
}

/// A hook of whatever type.
trait AnyHook: Send + Sync {
    fn ask(self: Arc<Self>, attempt: Attempt) -> Verdict;
}

/// A verdict to come.
pub(crate) type Verdict = BoxFuture<'static, Result<Admission, Refusal>>;

impl<A: Authenticate> AnyHook for A {
    fn ask(self: Arc<Self>, attempt: Attempt) -> Verdict {
        Box::pin(async move { self.authenticate(attempt).await })
    }
}

/// The hook, if there is one, and how long it may take.
#[derive(Clone)]
pub(crate) struct Gate {
    hook: Option<Arc<dyn AnyHook>>,
    deadline: Duration,
}

impl Gate {
    pub(crate) const fn open() -> Self {
        Self {
            hook: None,
            deadline: Duration::ZERO,
        }
    }

    pub(crate) fn kept_by(hook: impl Authenticate) -> Self {
        Self {
            hook: Some(Arc::new(hook)),
            deadline: Duration::ZERO,
        }
    }

    pub(crate) const fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) const fn has_hook(&self) -> bool {
        self.hook.is_some()
    }

    /// Asks the hook. A hook that panics or takes too long has given no verdict.
    pub(crate) async fn ask(&self, attempt: Attempt) -> Result<Admission, Refusal> {
        let Some(hook) = &self.hook else {
            return Ok(Identity::anonymous().into());
        };
        let hook = hook.clone();
        let verdict = async move { hook.ask(attempt).await };
        let verdict = std::panic::AssertUnwindSafe(verdict).catch_unwind();
        match tokio::time::timeout(self.deadline, verdict).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) | Err(_) => {
                tracing::error!("the authentication hook panicked, or passed its deadline");
                Err(Refusal::of(Code::UNAVAILABLE))
            }
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("has_hook", &self.hook.is_some())
            .field("deadline", &self.deadline)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(token: Option<&str>) -> Attempt {
        let (parts, ()) = http::Request::new(()).into_parts();
        Attempt::new(Arc::new(parts), token.map(str::to_owned), None)
    }

    async fn password(attempt: Attempt) -> Result<Admission, Refusal> {
        match attempt.token() {
            Some(name) => Ok(Identity::new(name).into()),
            None => Err(Refusal::unauthorized("a token is needed")),
        }
    }

    #[tokio::test]
    async fn without_a_hook_everybody_is_anonymous() {
        let admission = Gate::open().ask(attempt(None)).await.unwrap();
        assert!(admission.identity.is_anonymous());
    }

    #[tokio::test]
    async fn the_hook_says_who_it_is() {
        let gate = Gate::kept_by(password).within(Duration::from_secs(1));
        let admission = gate.ask(attempt(Some("ann"))).await.unwrap();
        assert_eq!(admission.identity, Identity::new("ann"));
        let refusal = gate.ask(attempt(None)).await.unwrap_err();
        assert_eq!(refusal.code(), Code::UNAUTHORIZED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_that_hangs_or_panics_is_unavailable() {
        let hangs = |_| std::future::pending::<Result<Admission, Refusal>>();
        let gate = Gate::kept_by(hangs).within(Duration::from_secs(10));
        assert_eq!(
            gate.ask(attempt(None)).await,
            Err(Refusal::of(Code::UNAVAILABLE))
        );

        async fn panics(_: Attempt) -> Result<Admission, Refusal> {
            panic!("the database is on fire")
        }
        let gate = Gate::kept_by(panics).within(Duration::from_secs(10));
        assert_eq!(
            gate.ask(attempt(None)).await,
            Err(Refusal::of(Code::UNAVAILABLE))
        );
    }

    #[test]
    fn an_attempt_never_prints_its_token() {
        assert!(!format!("{:?}", attempt(Some("swordfish"))).contains("swordfish"));
    }
}
