//! The forms in which a text may repeat a secret. No IO.

/// The 64 letters of base64. Those of the form for URLs differ in the last two, which are neither letters nor digits.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A secret as it is, and in the encodings in which a provider may repeat it: of URLs (what must be encoded, all of it, and all of it twice
/// or in hexadecimal), of JSON and HTML by the numbers of the characters, and base64 wherever it begins in what was encoded.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let all_bytes = |prefix: &str| each(bytes.iter(), |byte| format!("{prefix}{byte:02x}"));
    let in_url = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    vec![
        secret.to_owned(),
        each(bytes.iter(), in_url),
        all_bytes("%"),
        all_bytes("%25"),
        each(secret.encode_utf16(), |unit| format!("\\u{unit:04x}")),
        each(secret.chars(), |char| format!("&#{};", u32::from(char))),
        each(secret.chars(), |char| format!("&#x{:x};", u32::from(char))),
        base64(bytes),
        base64(&[b"\0", bytes].concat()),
        base64(&[b"\0\0", bytes].concat()),
    ]
}

/// The forms of all items, one after the other.
fn each<I>(items: impl Iterator<Item = I>, form: impl Fn(I) -> String) -> String {
    items.map(form).collect()
}

/// Bytes in base64, without what fills it up at the end.
fn base64(bytes: &[u8]) -> String {
    let letter = |number: u32| usize::try_from(number & 63).ok().and_then(|number| BASE64.get(number)).copied();
    let letters = bytes.chunks(3).flat_map(|chunk| {
        let number = chunk.iter().chain(&[0; 2]).take(3).fold(0, |number, byte| (number << 8) | u32::from(*byte));
        [18_u32, 12, 6, 0].into_iter().take(chunk.len() + 1).filter_map(move |shift| letter(number >> shift))
    });
    letters.map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_in_the_usual_encodings() {
        let all = forms("a/ü");
        for expected in [
            "a/ü",
            "a%2f%c3%bc",
            "%61%2f%c3%bc",
            "%2561%252f%25c3%25bc",
            "\\u0061\\u002f\\u00fc",
            "&#97;&#47;&#252;",
            "&#x61;&#x2f;&#xfc;",
            "YS/DvA",
            "AGEvw7w",
            "AABhL8O8",
        ] {
            assert!(all.iter().any(|form| form == expected), "{expected}: {all:?}");
        }
        assert_eq!(base64(b"Man"), "TWFu");
    }
}
