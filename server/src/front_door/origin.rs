//! Which web pages may use this server (spec §14).
//!
//! The same policy holds for the WebSocket handshake and for every poll. It protects people whose
//! browser sends requests for a page that they never meant to trust, so the default is the same origin,
//! and nothing is allowed by leaving something out. A refusal names what came and what was expected,
//! since a proxy that rewrites `Host` is the usual cause.

mod pattern;

pub(crate) use pattern::Pattern;

use pattern::Origin;

/// What a request without an `Origin` header gets.
///
/// The browsers of today send `Origin` with every WebSocket handshake and every POST, so such a request without one
/// comes from another kind of program, which no foreign page can steer. Some old ones, Internet Explorer 11 and Firefox
/// before 70, send forms and beacons without it, for any page. Where that would do harm, cookies are the sign of a browser.
///
/// A poll in a GET is the exception: to its own origin a browser sends it without `Origin`. No foreign page can make a
/// browser do so. The batch is in a header that is the protocol's own, so to another origin the browser asks first, by a
/// preflight, and then sends `Origin` with the GET; neither a link nor an image nor a form has such a header. The
/// header thus vouches for the page, whether or not there are cookies: it comes from this server's own origin. Where
/// origins are listed, that one has to be among them, by its `Host`; else a name of somebody else's that leads here would do.
///
/// Clients of Engine.IO poll in GETs too, and have no header of their own. A foreign page can make a browser send such a
/// GET without `Origin`, as for an image; but it cannot read the answer, so it learns of no session, and the browser says
/// where it comes from.
///
/// Clients of SockJS choose the names of their sessions, so a foreign page would know the name of one that it has opened
/// with its visitor's cookies. What may open one and carries cookies therefore needs another word on its page, when it is a GET
/// or looks like a browser's POST: `Sec-Fetch-Site: same-origin`, or a `Referer` of an origin that may come in. Every form has
/// a `Content-Type`, and browsers send `Accept-Language` with beacons, too; programs that poll need neither. Where the answer
/// is a script, as with JSONP, or a page of scripts, a foreign page can read it, and the word is needed without cookies, too. Over plain HTTP no browser says
/// `Sec-Fetch-Site`, and Safari before 16.4 never does, so what comes there without a `Referer` is refused. With
/// [`Builder::allow_any_origin`](crate::Builder::allow_any_origin) no such word is needed. Who only brings messages needs none
/// either: a form of an old browser's own page cannot be told from a foreign one, but it opens no session, and has to name one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingOrigin {
    /// It may come in, unless it carries cookies: then it may be a browser after all. A poll in a GET may carry them, and
    /// so may clients of Engine.IO, unless a browser says `Sec-Fetch-Site: cross-site` or `same-site`.
    #[default]
    Accept,
    /// It is refused: only browsers are served. A poll in a GET may come in where the browser says
    /// `Sec-Fetch-Site: same-origin`, as all of today do, but only over TLS and to `localhost`; else
    /// it is answered 403, which leaves its client the POST. Clients of Engine.IO have only the GET. Those of SockJS may
    /// come in with a `Referer` instead, where they load scripts or open an `EventSource`.
    Refuse,
}

/// Which origins may come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct OriginPolicy {
    allowed: Allowed,
    missing: MissingOrigin,
}

#[derive(Clone, Debug, Default)]
enum Allowed {
    #[default]
    Same,
    Listed(Vec<Pattern>),
    Any,
}

/// What a request says about where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) origin: Option<&'a str>,
    /// The server as the request names it.
    pub(crate) host: Option<&'a str>,
    /// The scheme that the browser used, where a trusted proxy told.
    pub(crate) scheme: Option<&'a str>,
    pub(crate) has_cookies: bool,
    pub(crate) way: Way,
    /// Where the browser says that it comes from, seen from here.
    pub(crate) fetch_site: Option<&'a str>,
    /// The URL of the page, or as much of it as the browser tells.
    pub(crate) referer: Option<&'a str>,
}

/// Which parts of [`Asked`] decide; the others may be left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// Host and scheme.
    pub(crate) own: bool,
    pub(crate) cookies: bool,
    pub(crate) fetch_site: bool,
    pub(crate) referer: bool,
}

impl<'a> Asked<'a> {
    /// The origin of the page that asks, where that is said.
    fn page(&self) -> Option<&'a str> {
        self.origin.or_else(|| match self.way {
            Way::Blind | Way::Script => self.referer.and_then(origin_of),
            Way::Native | Way::NativeGet | Way::Foreign => None,
        })
    }
}

/// The part of a URL that is its origin.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + "://".len();
    let length = url[authority..].find(['/', '?', '#']);
    Some(length.map_or(url, |length| &url[..authority + length]))
}

/// How a request asks, which decides what it means that it has no `Origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In our own protocol.
    Native,
    /// The same in a GET, with the batch in a header, which no browser sends for a foreign page without an `Origin`.
    NativeGet,
    /// As a client of Engine.IO, or as one of SockJS in a way that leads no foreign page to a session.
    Foreign,
    /// As a client of SockJS that opens a session in a way in which any page can make a browser ask: by a GET, or by what
    /// may be the POST of a form or a beacon. The page does not see the answer.
    Blind,
    /// The same, and the page can read the answer: it is a script.
    Script,
}

impl Way {
    /// The header in which the page is named.
    const fn header(self) -> &'static str {
        match self {
            Self::Native | Self::NativeGet | Self::Foreign => "an Origin header",
            Self::Blind | Self::Script => "an Origin or Referer header",
        }
    }
}

/// An origin that may not come in: what was sent, and what would have been accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("origin {came} is not allowed, expected {expected}; does a proxy rewrite Host?")]
pub(crate) struct OriginRefused {
    pub(crate) came: String,
    pub(crate) expected: String,
}

/// So much of either value has room in a reason on the wire.
const SHOWN: usize = 44;

impl OriginRefused {
    /// The refusal as a reason, of which the wire takes 123 bytes: long values are cut, none is left out.
    pub(crate) fn reason(&self) -> String {
        let shown = |value: &str| value[..value.floor_char_boundary(SHOWN)].to_owned();
        let (came, expected) = (shown(&self.came), shown(&self.expected));
        format!("origin {came} is not allowed, expected {expected}")
    }
}

impl OriginPolicy {
    pub(crate) fn allow_listed(&mut self, patterns: Vec<Pattern>) {
        self.allowed = Allowed::Listed(patterns);
    }

    pub(crate) fn allow_any(&mut self) {
        self.allowed = Allowed::Any;
    }

    pub(crate) fn on_missing(&mut self, missing: MissingOrigin) {
        self.missing = missing;
    }

    /// Whether those that may come in were named one by one, and so are trusted with cookies.
    pub(crate) const fn are_listed(&self) -> bool {
        matches!(self.allowed, Allowed::Listed(_))
    }

    /// What has to be known of a request that has an `Origin`, or has none.
    pub(crate) const fn needs(&self, has_origin: bool, way: Way) -> Needs {
        let may_be_named = matches!(way, Way::Blind | Way::Script);
        Needs {
            own: has_origin || self.are_listed() || may_be_named,
            cookies: !has_origin && matches!(way, Way::Native | Way::Blind),
            fetch_site: !has_origin && !matches!(way, Way::Native),
            referer: !has_origin && may_be_named,
        }
    }

    /// Whether the request may come in.
    pub(crate) fn check(&self, asked: &Asked<'_>) -> Result<(), OriginRefused> {
        let allowed = match asked.origin {
            None => self.allows_missing(asked),
            Some(origin) => self.allows(origin, asked),
        };
        if allowed {
            return Ok(());
        }
        Err(OriginRefused {
            came: asked.page().unwrap_or("(none)").to_owned(),
            expected: self.expected(asked),
        })
    }

    fn allows_missing(&self, asked: &Asked<'_>) -> bool {
        let is_browser_only = self.missing == MissingOrigin::Refuse;
        let is_own = asked.fetch_site == Some("same-origin");
        match asked.way {
            Way::Native => !is_browser_only && !asked.has_cookies,
            Way::NativeGet => (!is_browser_only || is_own) && self.allows_own(asked),
            Way::Foreign => self.allows_missing_of_foreign(asked),
            Way::Blind | Way::Script if self.is_any() => {
                !is_browser_only || asked.fetch_site.is_some() || asked.referer.is_some()
            }
            Way::Blind => {
                let may_be_a_program = !asked.has_cookies && self.allows_missing_of_foreign(asked);
                may_be_a_program || self.allows_page(asked)
            }
            Way::Script => self.allows_page(asked),
        }
    }

    const fn is_any(&self) -> bool {
        matches!(self.allowed, Allowed::Any)
    }

    /// Whoever says nothing about where it comes from is no browser, or an old one.
    fn allows_missing_of_foreign(&self, asked: &Asked<'_>) -> bool {
        match asked.fetch_site {
            Some("same-origin") => self.allows_own(asked),
            Some("cross-site" | "same-site") => false,
            _ => self.missing == MissingOrigin::Accept,
        }
    }

    /// Whether a browser that sends no `Origin` says in another way that the page may come in. What it says of the site
    /// counts more: the own page may have been led here by a foreign one's redirect.
    fn allows_page(&self, asked: &Asked<'_>) -> bool {
        match (asked.fetch_site, &self.allowed) {
            (Some("same-origin"), _) => self.allows_own(asked),
            (Some("cross-site" | "same-site"), Allowed::Same) => false,
            _ => asked.page().is_some_and(|page| self.allows(page, asked)),
        }
    }

    /// Who may show a page of this server in a frame, as a browser's policy; `None` for everybody.
    pub(crate) fn frame_ancestors(&self) -> Option<String> {
        let ancestors = match &self.allowed {
            Allowed::Any => return None,
            Allowed::Same => "'self'".to_owned(),
            Allowed::Listed(patterns) => {
                let listed: Vec<_> = patterns.iter().map(ToString::to_string).collect();
                listed.join(" ")
            }
        };
        Some(format!("frame-ancestors {ancestors}"))
    }

    /// The same for Internet Explorer, as far as there is a word for it: of no list of origins.
    pub(crate) fn frame_options(&self) -> Option<&'static str> {
        matches!(self.allowed, Allowed::Same).then_some("SAMEORIGIN")
    }

    /// Whether the server's own origin, as the request names it, is among those that are listed.
    fn allows_own(&self, asked: &Asked<'_>) -> bool {
        let Allowed::Listed(patterns) = &self.allowed else {
            return true;
        };
        let is_listed = |scheme: &str| {
            let own = asked.host.and_then(|host| Origin::new(scheme, host));
            own.is_some_and(|own| patterns.iter().any(|pattern| pattern.fits(&own)))
        };
        match asked.scheme {
            Some(scheme) => is_listed(scheme),
            None => is_listed("http") || is_listed("https"),
        }
    }

    fn allows(&self, origin: &str, asked: &Asked<'_>) -> bool {
        match &self.allowed {
            Allowed::Any => true,
            Allowed::Same => is_same(origin, asked),
            Allowed::Listed(patterns) => {
                Origin::parse(origin).is_some_and(|origin| patterns.iter().any(|p| p.fits(&origin)))
            }
        }
    }

    fn expected(&self, asked: &Asked<'_>) -> String {
        match (&self.allowed, asked.page()) {
            (Allowed::Any, _) | (Allowed::Same, None) => asked.way.header().to_owned(),
            (Allowed::Same, Some(_)) => {
                let host = asked.host.unwrap_or("(no Host header)");
                let scheme = asked.scheme.map(|scheme| format!("{scheme}://"));
                format!("{}{host}", scheme.unwrap_or_default())
            }
            (Allowed::Listed(patterns), _) => {
                let listed: Vec<_> = patterns.iter().map(ToString::to_string).collect();
                listed.join(" or ")
            }
        }
    }
}

/// Without a trusted word on the scheme, host and port must do.
fn is_same(origin: &str, asked: &Asked<'_>) -> bool {
    is_written_alike(origin, asked) || is_read_alike(origin, asked)
}

/// The usual case, in which nothing has to be read: a browser writes the same into both headers.
fn is_written_alike(origin: &str, asked: &Asked<'_>) -> bool {
    let Some((scheme @ ("http" | "https"), authority)) = origin.split_once("://") else {
        return false;
    };
    let is_told = asked.scheme.is_none_or(|told| told == scheme);
    is_told && asked.host == Some(authority) && is_plain(authority)
}

/// A name or an address of version 4, with or without a port.
fn is_plain(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    !host.is_empty() && host.bytes().all(is_of_host) && is_port
}

fn is_read_alike(origin: &str, asked: &Asked<'_>) -> bool {
    let (Some(origin), Some(host)) = (Origin::parse(origin), asked.host) else {
        return false;
    };
    let scheme = asked.scheme.unwrap_or(&origin.scheme);
    Origin::new(scheme, host).is_some_and(|here| here == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(origin: &'a str, host: &'a str) -> Asked<'a> {
        Asked {
            origin: Some(origin),
            host: Some(host),
            scheme: None,
            has_cookies: false,
            way: Way::Native,
            fetch_site: None,
            referer: None,
        }
    }

    fn without_origin<'a>() -> Asked<'a> {
        Asked {
            origin: None,
            ..asked("", "app.example")
        }
    }

    fn listed(patterns: &[&str]) -> OriginPolicy {
        let mut policy = OriginPolicy::default();
        policy.allow_listed(
            patterns
                .iter()
                .map(|p| Pattern::parse(p).unwrap())
                .collect(),
        );
        policy
    }

    #[test]
    fn the_same_origin_is_allowed_by_default_and_no_other() {
        let policy = OriginPolicy::default();
        for (origin, host) in [
            ("https://app.example", "app.example"),
            ("https://app.example", "app.example:443"),
            ("http://app.example:80", "APP.example"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(
                policy.check(&asked(origin, host)),
                Ok(()),
                "{origin} {host}"
            );
        }
        for (origin, host) in [
            ("https://evil.example", "app.example"),
            ("https://app.example.evil.example", "app.example"),
            ("https://app.example:8443", "app.example"),
            ("https://app.example@evil.example", "evil.example"),
            ("null", "app.example"),
            ("", "app.example"),
            ("://app.example", "app.example"),
        ] {
            assert!(
                policy.check(&asked(origin, host)).is_err(),
                "{origin} {host}"
            );
        }
    }

    #[test]
    fn a_trusted_scheme_must_fit_as_well() {
        let policy = OriginPolicy::default();
        let insecure = asked("http://app.example", "app.example");
        assert_eq!(policy.check(&insecure), Ok(()));
        let told = Asked {
            scheme: Some("https"),
            ..insecure
        };
        assert!(policy.check(&told).is_err());
    }

    #[test]
    fn what_is_written_alike_is_read_alike() {
        let mut authorities = vec!["app.example", "app.example:8443", "10.0.0.1:80", "a-b"];
        authorities.extend([
            "", ":80", "a:", "a:b", "a:1:2", "u@a", "[::1]", "[::1]:80", "a/b", "a b", "*",
        ]);
        for scheme in ["http", "https", "HTTP", "file", ""] {
            for authority in &authorities {
                let origin = format!("{scheme}://{authority}");
                for told in [None, Some("http"), Some("https")] {
                    let asked = Asked {
                        scheme: told,
                        ..asked(&origin, authority)
                    };
                    assert_eq!(
                        is_same(&origin, &asked),
                        is_read_alike(&origin, &asked),
                        "{asked:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_list_replaces_the_default() {
        let policy = listed(&["https://app.example", "https://other.example:8443"]);
        assert_eq!(policy.check(&asked("https://app.example", "x")), Ok(()));
        assert_eq!(
            policy.check(&asked("https://other.example:8443", "x")),
            Ok(())
        );
        assert!(policy.check(&asked("https://other.example", "x")).is_err());
        assert!(policy.check(&asked("http://app.example", "x")).is_err());
        assert!(policy.check(&asked("https://x", "x")).is_err());
    }

    #[test]
    fn a_star_stands_for_hosts_below_and_nothing_else() {
        let policy = listed(&["https://*.app.example"]);
        assert_eq!(policy.check(&asked("https://a.app.example", "x")), Ok(()));
        assert_eq!(policy.check(&asked("https://a.b.app.example", "x")), Ok(()));
        for origin in [
            "https://app.example",
            "https://.app.example",
            "https://evilapp.example",
            "https://a.app.example.evil",
            "https://a.app.example:1",
            "http://a.app.example",
        ] {
            assert!(policy.check(&asked(origin, "x")).is_err(), "{origin}");
        }
    }

    #[test]
    fn everything_is_allowed_only_when_spelled_out() {
        let mut policy = OriginPolicy::default();
        policy.allow_any();
        assert_eq!(
            policy.check(&asked("https://evil.example", "app.example")),
            Ok(())
        );
        assert_eq!(policy.check(&asked("null", "app.example")), Ok(()));
    }

    #[test]
    fn a_missing_origin_is_a_choice_of_its_own() {
        let mut policy = OriginPolicy::default();
        assert_eq!(policy.check(&without_origin()), Ok(()));
        policy.on_missing(MissingOrigin::Refuse);
        assert!(policy.check(&without_origin()).is_err());
    }

    #[test]
    fn cookies_without_an_origin_are_refused() {
        let mut policy = OriginPolicy::default();
        let cookies = Asked {
            has_cookies: true,
            ..without_origin()
        };
        assert!(policy.check(&cookies).is_err());
        policy.allow_any();
        assert!(policy.check(&cookies).is_err());
    }

    // spec: GET-5
    #[test]
    fn a_batch_in_a_header_vouches_for_its_page_but_not_for_an_origin_that_is_named() {
        let batch = Asked {
            has_cookies: true,
            way: Way::NativeGet,
            ..without_origin()
        };
        let foreign = Asked {
            origin: Some("https://evil.example"),
            ..batch
        };
        for policy in [OriginPolicy::default(), listed(&["https://app.example"])] {
            assert_eq!(policy.check(&batch), Ok(()));
            assert!(policy.check(&foreign).is_err());
        }
        let others = listed(&["https://elsewhere.example"]);
        assert!(others.check(&batch).is_err());
        let plain = Asked {
            scheme: Some("http"),
            ..batch
        };
        assert!(listed(&["https://app.example"]).check(&plain).is_err());
    }

    #[test]
    fn a_client_of_engine_io_needs_no_origin_with_its_cookies_but_no_foreign_page_may_ask() {
        let asked = |fetch_site| Asked {
            has_cookies: true,
            way: Way::Foreign,
            fetch_site,
            ..without_origin()
        };
        let allows = |policy: &OriginPolicy, site| policy.check(&asked(site)).is_ok();
        let mut policy = OriginPolicy::default();
        assert!(allows(&policy, None));
        assert!(allows(&policy, Some("same-origin")));
        assert!(!allows(&policy, Some("same-site")));
        assert!(!allows(&policy, Some("cross-site")));
        policy.on_missing(MissingOrigin::Refuse);
        assert!(!allows(&policy, None));
        assert!(allows(&policy, Some("same-origin")));
        let listed = listed(&["https://elsewhere.example"]);
        assert!(allows(&listed, None), "a program");
        assert!(!allows(&listed, Some("same-origin")), "a page");
    }

    fn by<'a>(way: Way, fetch_site: Option<&'a str>, referer: Option<&'a str>) -> Asked<'a> {
        Asked {
            way,
            fetch_site,
            referer,
            ..without_origin()
        }
    }

    #[test]
    fn a_script_needs_a_word_on_its_page() {
        let same = OriginPolicy::default();
        let listed = listed(&["https://page.example"]);
        for (fetch_site, referer, with_same, with_list) in [
            (None, None, false, false),
            (Some("none"), None, false, false),
            (Some("same-origin"), None, true, false),
            (None, Some("http://app.example/page?a=b"), true, false),
            (None, Some("http://app.example"), true, false),
            (None, Some("https://page.example/"), false, true),
            (
                Some("cross-site"),
                Some("https://page.example/"),
                false,
                true,
            ),
            (
                Some("cross-site"),
                Some("http://app.example/"),
                false,
                false,
            ),
            (
                None,
                Some("https://evil.example/http://app.example/"),
                false,
                false,
            ),
            (
                None,
                Some("https://evil.example?://app.example/"),
                false,
                false,
            ),
            (None, Some("http://app.example@evil.example/"), false, false),
            (None, Some("http://app.example.evil.example/"), false, false),
            (None, Some("app.example"), false, false),
        ] {
            let asked = by(Way::Script, fetch_site, referer);
            let allowed = |policy: &OriginPolicy| policy.check(&asked).is_ok();
            assert_eq!(allowed(&same), with_same, "{asked:?}");
            assert_eq!(allowed(&listed), with_list, "{asked:?}");
        }
    }

    #[test]
    fn what_a_page_cannot_read_needs_the_word_with_cookies_only() {
        let policy = OriginPolicy::default();
        for (fetch_site, referer, with_cookies, without) in [
            (None, None, false, true),
            (Some("same-origin"), None, true, true),
            (Some("cross-site"), None, false, false),
            (None, Some("http://app.example/"), true, true),
            (None, Some("http://evil.example/"), false, true),
        ] {
            let program = by(Way::Blind, fetch_site, referer);
            assert_eq!(policy.check(&program).is_ok(), without, "{program:?}");
            let browser = Asked {
                has_cookies: true,
                ..program
            };
            assert_eq!(policy.check(&browser).is_ok(), with_cookies, "{browser:?}");
        }
    }

    #[test]
    fn a_referer_speaks_for_scripts_alone() {
        let own = Some("http://app.example/");
        let mut policy = OriginPolicy::default();
        policy.on_missing(MissingOrigin::Refuse);
        for way in [Way::Native, Way::NativeGet, Way::Foreign] {
            assert!(policy.check(&by(way, None, own)).is_err(), "{way:?}");
        }
        for way in [Way::Blind, Way::Script] {
            assert!(policy.check(&by(way, None, own)).is_ok(), "{way:?}");
            assert!(policy.check(&by(way, None, None)).is_err(), "{way:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_page_that_a_referer_names() {
        let policy = OriginPolicy::default();
        let refused = |referer| policy.check(&by(Way::Script, None, referer)).unwrap_err();
        let foreign = refused(Some("https://evil.example/secret"));
        assert_eq!(foreign.came, "https://evil.example");
        assert_eq!(foreign.expected, "app.example");
        let silent = refused(None);
        assert_eq!(silent.came, "(none)");
        assert_eq!(silent.expected, "an Origin or Referer header");
    }

    // spec: GET-5
    #[test]
    fn where_only_browsers_are_served_the_browser_must_say_that_the_page_is_ours() {
        let mut policy = OriginPolicy::default();
        policy.on_missing(MissingOrigin::Refuse);
        let allows = |has_batch, fetch_site| {
            let asked = Asked {
                way: if has_batch {
                    Way::NativeGet
                } else {
                    Way::Native
                },
                fetch_site,
                ..without_origin()
            };
            policy.check(&asked).is_ok()
        };
        assert!(allows(true, Some("same-origin")));
        for (has_batch, fetch_site) in [
            (true, None),
            (true, Some("same-site")),
            (true, Some("cross-site")),
            (true, Some("none")),
            (false, Some("same-origin")),
        ] {
            assert!(!allows(has_batch, fetch_site), "{fetch_site:?}");
        }
    }

    #[test]
    fn a_reason_names_both_values_however_long_they_are() {
        let refused = OriginRefused {
            came: format!("https://{}", "a".repeat(200)),
            expected: format!("https://{}", "b".repeat(200)),
        };
        let reason = refused.reason();
        assert!(reason.len() <= 123, "{reason}");
        assert!(reason.contains("https://a") && reason.contains("https://b"));
    }

    #[test]
    fn a_refusal_names_what_came_and_what_was_expected() {
        let refused = OriginPolicy::default()
            .check(&asked("https://app.example", "internal:8080"))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("https://app.example"), "{refused}");
        assert!(refused.contains("internal:8080"), "{refused}");
        let refused = listed(&["https://*.app.example", "https://b.example"])
            .check(&asked("https://c.example", "x"))
            .unwrap_err();
        assert_eq!(
            refused.expected,
            "https://*.app.example or https://b.example"
        );
    }
}
