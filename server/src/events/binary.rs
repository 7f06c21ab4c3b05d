//! Binary data as an argument: it travels beside the JSON, which holds a placeholder for it.
//!
//! While arguments are written or read, their attachments lie in a scope of the thread, since serde has no other way
//! to pass them by. Nothing stays there: whoever opens a scope closes it, also when serde fails or a value panics.

use bytes::Bytes;
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::{Cell, RefCell};
use throughline_core::wire::socketio::MOST_ATTACHMENTS;

/// Binary data in the arguments of an event or an answer, in both directions.
///
/// It may lie anywhere in them. A packet has at most ten.
///
/// ```
/// # use throughline::events::{Binary, Data, Namespace, Reply};
/// let images = Namespace::new().on("crop", |Data((image,)): Data<(Binary,)>| async move {
///     Reply((Binary(image.0.slice(..image.0.len().min(16))),))
/// });
/// # let _ = images;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binary(pub Bytes);

impl From<Vec<u8>> for Binary {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Bytes> for Binary {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// What stands in the JSON.
#[derive(Deserialize)]
struct Placeholder {
    #[serde(rename = "_placeholder")]
    is_one: bool,
    num: usize,
}

thread_local! {
    /// The scope that is open.
    static SCOPE: Cell<Option<Lying>> = const { Cell::new(None) };
    /// The attachments of all that are open, one within another. Touched only where there are some, which is seldom.
    static ATTACHMENTS: RefCell<Vec<Bytes>> = const { RefCell::new(Vec::new()) };
}

/// Where the attachments of a scope lie among all.
#[derive(Clone, Copy)]
struct Lying {
    start: usize,
    end: usize,
}

/// While arguments are written or read; what was there before comes back with the drop.
struct Scope {
    before: Option<Lying>,
}

impl Scope {
    /// One in which nothing lies yet.
    #[inline]
    fn open() -> Self {
        let before = SCOPE.get();
        let start = before.map_or(0, |before| before.end);
        SCOPE.set(Some(Lying { start, end: start }));
        Self { before }
    }
}

impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        let lying = SCOPE.replace(self.before);
        if let Some(Lying { start, end }) = lying
            && start < end
        {
            drop(split_off(start));
        }
    }
}

/// Those that lie from there on are taken out.
#[cold]
fn split_off(start: usize) -> Vec<Bytes> {
    ATTACHMENTS.with_borrow_mut(|all| all.split_off(start))
}

/// Takes out what lies in the scope that is open, if anything does.
#[inline]
fn take() -> Option<Vec<Bytes>> {
    let Lying { start, end } = SCOPE.get()?;
    if start == end {
        return None;
    }
    SCOPE.set(Some(Lying { start, end: start }));
    Some(split_off(start))
}

/// Puts one behind those that lie there; gives its number.
fn put(bytes: Bytes) -> Result<usize, &'static str> {
    let lying = SCOPE.get();
    let Lying { start, end } =
        lying.ok_or("binary data travels only in the arguments of an event")?;
    let number = end - start;
    if number == MOST_ATTACHMENTS {
        return Err("a packet has at most ten attachments");
    }
    ATTACHMENTS.with_borrow_mut(|all| all.push(bytes));
    SCOPE.set(Some(Lying {
        start,
        end: end + 1,
    }));
    Ok(number)
}

/// The one of this number.
fn find(number: usize) -> Option<Bytes> {
    let Lying { start, end } = SCOPE.get()?;
    ATTACHMENTS.with_borrow(|all| all[start..end].get(number).cloned())
}

/// Runs what writes values; gives what travels beside them as well, if anything does.
#[inline]
pub(super) fn writing<T>(write: impl FnOnce() -> T) -> (T, Option<Vec<Bytes>>) {
    let _scope = Scope::open();
    let written = write();
    (written, take())
}

/// Runs what reads values whose attachments are these.
pub(super) fn reading<T>(attachments: &[Bytes], read: impl FnOnce() -> T) -> T {
    // Where nothing lies, nothing is found.
    if attachments.is_empty() && SCOPE.get().is_none() {
        return read();
    }
    let _scope = Scope::open();
    for bytes in attachments {
        // A packet has no more than there may be.
        let _ = put(bytes.clone());
    }
    read()
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = put(self.0.clone());
        let mut placeholder = serializer.serialize_map(Some(2))?;
        placeholder.serialize_entry("_placeholder", &true)?;
        placeholder.serialize_entry("num", &number.map_err(S::Error::custom)?)?;
        placeholder.end()
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Placeholder { is_one, num } = Placeholder::deserialize(deserializer)?;
        let bytes = find(num).filter(|_| is_one);
        bytes
            .map(Self)
            .ok_or_else(|| D::Error::custom("no binary data is attached here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(value: &impl Serialize) -> serde_json::Result<(String, Vec<Bytes>)> {
        let (json, attachments) = writing(|| serde_json::to_string(value));
        Ok((json?, attachments.unwrap_or_default()))
    }
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn data_leaves_depth_first_and_comes_back() {
        let inner = BTreeMap::from([("a", Binary(vec![2].into()))]);
        let value = (Binary(vec![1].into()), inner, Binary(vec![3].into()));
        let (json, attachments) = write(&value).unwrap();
        assert_eq!(attachments, [vec![1], vec![2], vec![3]]);
        let place = |num| json!({"_placeholder": true, "num": num});
        let expected = json!([place(0), {"a": place(1)}, place(2)]);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            expected
        );
        type Three = (Binary, BTreeMap<String, Binary>, Binary);
        let read: Three = reading(&attachments, || serde_json::from_str(&json).unwrap());
        assert_eq!(read.1["a"], value.1["a"]);
        assert_eq!((read.0, read.2), (value.0, value.2));
    }

    #[test]
    fn outside_of_arguments_there_is_no_binary_data() {
        assert!(serde_json::to_string(&Binary::default()).is_err());
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        assert!(serde_json::from_str::<Binary>(placeholder).is_err());
        let one = [Bytes::new()];
        let read = |json| reading(&one, || serde_json::from_str::<Binary>(json));
        assert!(read(placeholder).is_ok());
        assert!(read(r#"{"_placeholder":false,"num":0}"#).is_err());
        assert!(read(r#"{"_placeholder":true,"num":1}"#).is_err());
        assert!(serde_json::from_str::<Binary>(placeholder).is_err());
    }

    /// As a value does that sends an event while it is written or read.
    #[test]
    fn one_scope_within_another_leaves_it_as_it_was() {
        let one = || Binary(vec![1].into());
        let inner = || write(&one()).unwrap().1;
        let none = || write(&0).unwrap().1;
        let (attached, all) = writing(|| {
            let before = (inner(), none());
            let attached = [put(Bytes::new()), put(Bytes::new())];
            (before, attached, (inner(), none()), put(Bytes::new()))
        });
        let others = (vec![Bytes::from(vec![1])], Vec::new());
        let expected = (others.clone(), [Ok(0), Ok(1)], others, Ok(2));
        assert_eq!((attached, all), (expected, Some(vec![Bytes::new(); 3])));
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        let read = || serde_json::from_str::<Binary>(placeholder);
        let none = reading(&[Bytes::new()], || {
            reading(&[], read).is_err() && read().is_ok()
        });
        assert!(none && read().is_err());
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let panics = || {
            writing(|| {
                put(Bytes::new()).unwrap();
                panic!("as a value may");
            })
        };
        assert!(std::panic::catch_unwind(panics).is_err());
        assert!(put(Bytes::new()).is_err());
        assert_eq!(writing(|| ()), ((), None));
    }

    #[test]
    fn ten_attachments_are_the_most() {
        assert!(write(&vec![Binary::default(); 10]).is_ok());
        assert!(write(&vec![Binary::default(); 11]).is_err());
    }
}
