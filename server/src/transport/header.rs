//! A request's header that holds a batch in base64, within a bound that is checked before memory is used (spec GET-4).

use super::body::Longest;
use bytes::Bytes;
use data_encoding::{BASE64, DecodeError};
use http::HeaderValue;

/// Why a header was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("the header Throughline is longer than its limit")]
    TooLong,
    #[error("the header Throughline is not base64: {0}")]
    NotBase64(#[from] DecodeError),
}

/// Reads a whole header within its bound; a hello has a limit of its own.
pub(crate) fn read(header: &HeaderValue, limit: usize) -> Result<Bytes, HeaderError> {
    if header.len() > BASE64.encode_len(limit) {
        return Err(HeaderError::TooLong);
    }
    let batch = BASE64.decode(header.as_bytes())?;
    if batch.len() > Longest::of_batch(limit).starting(&batch) {
        return Err(HeaderError::TooLong);
    }
    Ok(batch.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_core::wire::native::LONGEST_JSON;

    fn read_text(text: &str, limit: usize) -> Result<Bytes, HeaderError> {
        read(&HeaderValue::from_str(text).unwrap(), limit)
    }

    #[test]
    fn a_header_is_read_whole() {
        assert_eq!(read_text("YWJj", 3), Ok("abc".into()));
        assert_eq!(read_text("YQ==", 3), Ok("a".into()));
        assert_eq!(read_text("", 3), Ok(Bytes::new()));
        assert_eq!(read_text("+/8=", 3), Ok(vec![0xfb, 0xff].into()));
    }

    // spec: GET-1
    #[test]
    fn anything_but_standard_base64_with_its_padding_is_refused_and_named() {
        for text in ["YQ", "YQ=", "YR==", "Y Q==", "-_8=", "YWJj, YWJj"] {
            let error = read_text(text, 100).unwrap_err();
            assert!(matches!(error, HeaderError::NotBase64(_)), "{text}");
            assert!(
                error
                    .to_string()
                    .starts_with("the header Throughline is not base64: ")
            );
        }
    }

    // spec: GET-4, LIM-2
    #[test]
    fn a_header_that_is_too_long_is_not_decoded() {
        assert_eq!(read_text("YWJjZA==", 3), Err(HeaderError::TooLong));
        // Not base64 either, but nobody looked.
        assert_eq!(read_text("-----", 3), Err(HeaderError::TooLong));
        // As long as three bytes may be, but it holds four.
        assert_eq!(read_text("YWJjZA==", 4), Ok("abcd".into()));
        assert_eq!(read_text("YWJjZGU=", 4), Err(HeaderError::TooLong));
    }

    // spec: GET-4
    #[test]
    fn a_hello_has_a_limit_of_its_own() {
        let mut hello = b"TL1\xff\x01".to_vec();
        hello.resize(LONGEST_JSON, b' ');
        assert!(read_text(&BASE64.encode(&hello), 100_000).is_ok());
        hello.push(b' ');
        assert_eq!(
            read_text(&BASE64.encode(&hello), 100_000),
            Err(HeaderError::TooLong)
        );
    }
}
