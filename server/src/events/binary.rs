//! Binary data as an argument: it travels beside the JSON, which holds a placeholder for it.
//!
//! While arguments are written or read, their attachments lie in a slot of the thread, since serde has no other way
//! to pass them by. Nothing stays there: whoever opens a scope closes it, also when serde fails or a value panics.

use bytes::Bytes;
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
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
    static ATTACHMENTS: RefCell<Option<Vec<Bytes>>> = const { RefCell::new(None) };
}

/// The slot of this thread while it holds these attachments; what it held before comes back with the drop.
struct Scope {
    before: Option<Vec<Bytes>>,
}

impl Scope {
    fn open(attachments: Vec<Bytes>) -> Self {
        let before = ATTACHMENTS.replace(Some(attachments));
        Self { before }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        ATTACHMENTS.set(self.before.take());
    }
}

/// Runs what writes values; gives what travels beside them as well.
pub(super) fn writing<T>(write: impl FnOnce() -> T) -> (T, Vec<Bytes>) {
    let _scope = Scope::open(Vec::new());
    let written = write();
    (written, ATTACHMENTS.take().unwrap_or_default())
}

/// Runs what reads values whose attachments are these.
pub(super) fn reading<T>(attachments: &[Bytes], read: impl FnOnce() -> T) -> T {
    // Where nothing lies, nothing is found.
    if attachments.is_empty() && ATTACHMENTS.with_borrow(Option::is_none) {
        return read();
    }
    let _scope = Scope::open(attachments.to_vec());
    read()
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = ATTACHMENTS.with_borrow_mut(|slot| match slot {
            None => Err("binary data travels only in the arguments of an event"),
            Some(all) if all.len() == MOST_ATTACHMENTS => {
                Err("a packet has at most ten attachments")
            }
            Some(all) => {
                all.push(self.0.clone());
                Ok(all.len() - 1)
            }
        });
        let mut placeholder = serializer.serialize_map(Some(2))?;
        placeholder.serialize_entry("_placeholder", &true)?;
        placeholder.serialize_entry("num", &number.map_err(S::Error::custom)?)?;
        placeholder.end()
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Placeholder { is_one, num } = Placeholder::deserialize(deserializer)?;
        let bytes = ATTACHMENTS.with_borrow(|slot| slot.as_ref()?.get(num).cloned());
        let bytes = bytes.filter(|_| is_one);
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
        Ok((json?, attachments))
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

    #[test]
    fn ten_attachments_are_the_most() {
        assert!(write(&vec![Binary::default(); 10]).is_ok());
        assert!(write(&vec![Binary::default(); 11]).is_err());
    }
}
