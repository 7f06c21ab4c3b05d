//! Ready-made tokens: short-lived, encrypted and authenticated, and shown in the hello's body.
//!
//! A page of another site can make a browser send cookies, but it cannot read such a token, so a token
//! is the defence against cross-site WebSocket hijacking and request forgery. The cryptography is
//! PASETO v4.local of the crate `pasetors`; here is only what is inside, and the clock.

use super::auth::{Admission, Attempt, Authenticate};
use super::identity::Identity;
use super::refusal::Refusal;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Binds the tokens to their purpose: a token that the same key made for something else is refused.
const PURPOSE: &[u8] = b"throughline.session.v1";

/// Issues and checks short-lived tokens that name an identity.
///
/// The application's own login, however it is done, hands the page a token; the page gives it to its
/// session, and fetches another one before it expires. Every node that checks needs the same key.
///
/// ```
/// use std::time::Duration;
/// use throughline::{Identity, SignedTokens, Throughline};
///
/// let key = [7; 32]; // in earnest: 32 random bytes from a secret store
/// let tokens = SignedTokens::new(&key);
/// let token = tokens.issue(&Identity::new("ann"), Duration::from_secs(300))?;
///
/// let realtime = Throughline::builder()
///     .authenticate(tokens)
///     .on_session(|session| async move { println!("{} is here", session.identity()) })
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SignedTokens {
    key: SymmetricKey<V4>,
}

/// A token could not be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Only named identities have tokens.
    #[error("an anonymous identity has no token")]
    Anonymous,
    /// The system gave no random bytes; try again.
    #[error("the system gave no random bytes")]
    Random,
}

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970.
    exp: u64,
}

impl SignedTokens {
    /// Uses a key of 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let key = SymmetricKey::from(key).expect("a v4.local key has 32 bytes");
        Self { key }
    }

    /// Issues a token that names the identity and expires after `lifetime`: minutes, not days.
    ///
    /// # Errors
    /// [`TokenError`]; nothing was issued.
    pub fn issue(&self, identity: &Identity, lifetime: Duration) -> Result<String, TokenError> {
        self.issue_at(SystemTime::now(), identity, lifetime)
    }

    fn issue_at(
        &self,
        now: SystemTime,
        identity: &Identity,
        lifetime: Duration,
    ) -> Result<String, TokenError> {
        let name = identity.name().ok_or(TokenError::Anonymous)?;
        let claims = Claims {
            sub: name.to_owned(),
            exp: since_epoch(now + lifetime).as_secs(),
        };
        let payload = serde_json::to_vec(&claims).expect("a string and a number have a JSON form");
        LocalToken::encrypt(&self.key, &payload, None, Some(PURPOSE))
            .map_err(|_| TokenError::Random)
    }

    fn check_at(&self, now: SystemTime, token: &str) -> Result<Admission, Refusal> {
        let refused = || Refusal::unauthorized("the token is not valid");
        let token = UntrustedToken::<Local, V4>::try_from(token).map_err(|_| refused())?;
        let token = LocalToken::decrypt(&self.key, &token, None, Some(PURPOSE));
        let token = token.map_err(|_| refused())?;
        let claims: Claims = serde_json::from_str(token.payload()).map_err(|_| refused())?;
        let left = Duration::from_secs(claims.exp).saturating_sub(since_epoch(now));
        if left.is_zero() {
            return Err(Refusal::unauthorized("the token has expired"));
        }
        Ok(Admission::new(Identity::new(claims.sub)).expires_in(left))
    }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Authenticate for SignedTokens {
    async fn authenticate(&self, attempt: Attempt) -> Result<Admission, Refusal> {
        let token = attempt
            .token()
            .ok_or_else(|| Refusal::unauthorized("a token is needed"))?;
        self.check_at(SystemTime::now(), token)
    }
}

impl fmt::Debug for SignedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn tokens() -> SignedTokens {
        SignedTokens::new(&[7; 32])
    }

    fn noon() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    #[test]
    fn a_token_names_its_identity_and_how_long_it_is_good() {
        let token = tokens()
            .issue_at(noon(), &Identity::new("ann"), MINUTE)
            .unwrap();
        let admission = tokens().check_at(noon() + MINUTE / 4, &token).unwrap();
        assert_eq!(admission.identity, Identity::new("ann"));
        assert_eq!(admission.expires_in, Some(MINUTE * 3 / 4));
    }

    #[test]
    fn an_expired_token_is_refused() {
        let token = tokens()
            .issue_at(noon(), &Identity::new("ann"), MINUTE)
            .unwrap();
        let refusal = tokens().check_at(noon() + MINUTE, &token).unwrap_err();
        assert_eq!(refusal.reason(), "the token has expired");
    }

    #[test]
    fn a_token_of_another_key_or_another_purpose_is_refused() {
        let other = SignedTokens::new(&[8; 32]);
        let token = other
            .issue_at(noon(), &Identity::new("ann"), MINUTE)
            .unwrap();
        assert!(tokens().check_at(noon(), &token).is_err());
        let payload = br#"{"sub":"ann","exp":9999999999}"#;
        let token = LocalToken::encrypt(&tokens().key, payload, None, Some(b"other")).unwrap();
        assert!(tokens().check_at(noon(), &token).is_err());
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = tokens()
            .issue_at(noon(), &Identity::new("ann"), MINUTE)
            .unwrap();
        for text in [
            &token[..token.len() - 1],
            "",
            "v4.local.AAAA",
            "v4.public.AAAA",
        ] {
            assert!(tokens().check_at(noon(), text).is_err(), "{text}");
        }
    }

    #[test]
    fn nobody_in_particular_has_no_token() {
        let result = tokens().issue(&Identity::anonymous(), MINUTE);
        assert_eq!(result, Err(TokenError::Anonymous));
    }

    #[test]
    fn the_key_is_never_printed() {
        assert_eq!(format!("{:?}", tokens()), "SignedTokens(…)");
    }
}
