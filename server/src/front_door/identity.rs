//! Who a session belongs to, as the authentication hook said.

use std::fmt;
use std::sync::Arc;

/// Who a session belongs to: a name, or nobody in particular. Cheap to clone.
///
/// Without an authentication hook every session is anonymous, and its secret alone proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity(Option<Arc<str>>);

impl Identity {
    /// Nobody in particular.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self(None)
    }

    /// The one with that name: an account's id, say. It is written to logs.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(Some(name.into()))
    }

    /// The name; `None` when anonymous.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether this is nobody in particular.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("(anonymous)"))
    }
}
