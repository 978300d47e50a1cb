//! What the provider says of a refusal, as far as a status may show it. No IO.
//!
//! The text comes from outside: it is short, on one line, and without anything that looks like a secret, or like a token, code or address
//! that the request contained.

pub(crate) mod forms;

use std::collections::HashMap;

use serde_json::Value;

use crate::provider::quote::forms::forms;

/// The longest quotation, in characters.
const LONGEST: usize = 200;
/// So much of a body's text is looked at, in characters.
const LOOKED_AT: usize = 2000;
/// With more than so many bytes of secrets nothing is quoted: each is looked for in many forms.
const MOST_SECRETS: usize = 64 * 1024;
/// So many letters and digits in a row, equal to a part of a secret, are a part of it.
const SHARED: usize = 5;
/// From so many digits on, with the usual separators between them, a number may be a telephone number or a code.
const MANY_DIGITS: usize = 6;
/// A word of so many letters and digits, some of them digits, may be a token or an id.
const LONG_WORD: usize = 16;
/// A word of so many letters may be a token.
const LONGEST_WORD: usize = 32;
/// The word after one of these is a credential, in whatever encoding.
const SCHEMES: [&str; 2] = ["basic", "bearer"];
/// A word with one of these is an address, in whatever encoding.
const OF_ADDRESSES: [&str; 12] =
    ["@", "%40", "%2540", "u0040", "&#64;", "&#x40;", "&commat;", "://", ":\\/\\/", "%3a%2f", "u003a\\u002f", "www."];
/// Stands for what is left out.
const LEFT_OUT: &str = "[…]";

/// The provider's words in the body of a refusal, in its field `message` or `error`. `None`: there are none that may be shown.
/// `secrets`: what the request contained that nobody may read.
pub(crate) fn quote(status: u16, body: &[u8], secrets: &[String]) -> Option<String> {
    // Whoever answers so is not the API, or says nothing of the request.
    if !(200..500).contains(&status) {
        return None;
    }
    if secrets.iter().map(String::len).fold(0, usize::saturating_add) > MOST_SECRETS {
        return None;
    }
    let value = serde_json::from_slice::<Value>(body).ok()?;
    let text = said(&value)?;
    // A page, or a part of one.
    if text.contains('<') {
        return None;
    }
    let text: String = text.chars().take(LOOKED_AT).filter_map(printable).collect();
    let shown = without_secrets(&text, secrets);
    let is_empty = shown.split(' ').all(|word| word == LEFT_OUT);
    (!is_empty).then(|| shown.chars().take(LONGEST).collect())
}

/// The text of `message` or `error`, or of `message` in `error`.
fn said(body: &Value) -> Option<&str> {
    let error = body.get("error").or_else(|| body.get("errors")?.get(0));
    let fields = [body.get("message"), error, error.and_then(|error| error.get("message"))];
    fields.into_iter().flatten().filter_map(Value::as_str).find(|text| !text.trim().is_empty())
}

/// A character as it is shown; `None`: it is left out, as are those that are not seen.
fn printable(char: char) -> Option<char> {
    match char {
        '"' => Some('\''),
        _ if char.is_whitespace() || char.is_control() => Some(' '),
        _ if char.is_alphanumeric() || char.is_ascii_graphic() => Some(char),
        _ => None,
    }
}

/// The text without the words that are, or may be, secret.
fn without_secrets(text: &str, secrets: &[String]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut hidden = vec![false; chars.len()];
    hide_shared(&chars, secrets, &mut hidden);
    hide_numbers(&chars, &mut hidden);
    let (mut shown, mut before): (Vec<String>, String) = (Vec::new(), String::new());
    let marked: Vec<_> = chars.iter().zip(&hidden).collect();
    for word in marked.split(|(char, _)| **char == ' ').filter(|word| !word.is_empty()) {
        let text: String = word.iter().map(|(char, _)| **char).collect();
        let is_credential = SCHEMES.iter().any(|scheme| before.ends_with(scheme));
        let is_hidden = is_credential || word.iter().any(|(_, hidden)| **hidden) || may_be_secret(&text);
        before = core(text.chars()).into_iter().collect();
        match shown.last() {
            Some(last) if is_hidden && last == LEFT_OUT => {}
            _ => shown.push(if is_hidden { LEFT_OUT.to_owned() } else { text }),
        }
    }
    shown.join(" ")
}

/// Letters and digits without case: what is left of a secret in another spelling.
fn core(chars: impl Iterator<Item = char>) -> Vec<char> {
    chars.filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Hides what the text shares with a secret, whatever stands between the characters. The text is short and a secret may be long: the
/// text's runs are kept, and those of the secrets pass by.
fn hide_shared(text: &[char], secrets: &[String], hidden: &mut [bool]) {
    let places: Vec<usize> =
        text.iter().enumerate().filter(|(_, char)| char.is_alphanumeric()).map(|(place, _)| place).collect();
    let letters: Vec<char> =
        places.iter().filter_map(|place| text.get(*place).and_then(|char| char.to_lowercase().next())).collect();
    let runs: Vec<_> = (0..=SHARED).map(|length| runs(&letters, &places, length)).collect();
    for form in secrets.iter().flat_map(|secret| forms(secret)) {
        let core = core(form.chars());
        let length = core.len().min(SHARED);
        let Some(of_text) = runs.get(length).filter(|_| length > 0) else { continue };
        for shared in core.windows(length).filter_map(|run| of_text.get(run)).flatten() {
            hide(shared, hidden);
        }
    }
}

/// The runs of this length in the letters of a text, and at which places of the text each one stands.
fn runs<'a>(letters: &'a [char], places: &'a [usize], length: usize) -> HashMap<&'a [char], Vec<&'a [usize]>> {
    let mut runs = HashMap::<_, Vec<_>>::new();
    if length > 0 && letters.len() == places.len() {
        for (run, at) in letters.windows(length).zip(places.windows(length)) {
            runs.entry(run).or_default().push(at);
        }
    }
    runs
}

/// Hides the characters at these places.
fn hide(places: &[usize], hidden: &mut [bool]) {
    for place in places {
        if let Some(hidden) = hidden.get_mut(*place) {
            *hidden = true;
        }
    }
}

/// Hides numbers that may be telephone numbers or codes.
fn hide_numbers(text: &[char], hidden: &mut [bool]) {
    let mut digits: Vec<usize> = Vec::new();
    for (place, char) in text.iter().copied().chain(['.', 'x']).enumerate() {
        if char.is_numeric() {
            digits.push(place);
        } else if !matches!(char, ' ' | '-' | '.' | '/' | '(' | ')' | '+') {
            if digits.len() >= MANY_DIGITS {
                hide(&digits, hidden);
            }
            digits.clear();
        }
    }
}

/// Whether a word looks like an address, a token or an id.
fn may_be_secret(word: &str) -> bool {
    let lower = word.to_lowercase();
    let is_address = OF_ADDRESSES.iter().any(|mark| lower.contains(mark));
    let letters = core(word.chars());
    let has_digit = letters.iter().any(|char| char.is_numeric());
    is_address || letters.len() >= LONGEST_WORD || (letters.len() >= LONG_WORD && has_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(text: &str, secrets: &[&str]) -> Option<String> {
        let secrets: Vec<_> = secrets.iter().map(ToString::to_string).collect();
        quote(422, json!({"message": text}).to_string().as_bytes(), &secrets)
    }

    #[test]
    fn a_refusal_is_quoted_and_no_page_and_no_trouble_of_the_provider() {
        for (status, body, expected) in [
            (422, r#"{"message": "name is too long"}"#, Some("name is too long")),
            (400, r#"{"error": "no such\u0007 time\nzone"}"#, Some("no such time zone")),
            (400, r#"{"error": {"message": "say \"x\""}}"#, Some("say 'x'")),
            (400, r#"{"errors": ["one", "two"]}"#, Some("one")),
            (200, r#"{"error": "invalid location"}"#, Some("invalid location")),
            (500, r#"{"message": "name is too long"}"#, None),
            (302, "", None),
            (400, r#"{"message": "<html>no</html>"}"#, None),
            (400, "<html>no</html>", None),
            (400, r#"{"message": 7}"#, None),
            (400, r#"{"message": " "}"#, None),
            (400, "name is too long", None),
        ] {
            assert_eq!(quote(status, body.as_bytes(), &[]).as_deref(), expected, "{body}");
        }
        let long = of(&"very ".repeat(400), &[]).unwrap_or_default();
        assert_eq!(long.chars().count(), 200);
        assert_eq!(of("a\u{202e}b\u{200b}c", &[]).as_deref(), Some("abc"));
    }

    #[test]
    fn what_is_or_looks_like_a_secret_is_left_out() {
        for (text, secret, expected) in [
            ("the code 4711 is wrong", "4711", "the code […] is wrong"),
            ("bad code: 47-11!", "4711", "bad code: […]"),
            ("Ada@Example.com is known", "ada@example.com", "[…] is known"),
            ("ada%40example.com is known", "", "[…] is known"),
            (r"ada\u0040example.com is known", "", "[…] is known"),
            (r"no hook at https:\/\/example.com\/x", "", "no hook at […]"),
            ("no hook at https%3A%2F%2Fexample.com", "", "no hook at […]"),
            ("bad code: %34%37%31%31", "4711", "bad code: […]"),
            ("bad code: &#52;&#55;&#49;&#49;", "4711", "bad code: […]"),
            ("bad code: NDcxMQ==", "4711", "bad code: […]"),
            ("bad dTpTM2NyM3QtS2V5IQ==", "S3cr3t-Key!", "bad […]"),
            ("bad dXM6UzNjcjN0LUtleSE=", "S3cr3t-Key!", "bad […]"),
            ("no a%2Fb%2Fc%2Fd here", "a/b/c/d", "no […] here"),
            ("no hook at https://example.com/x", "", "no hook at […]"),
            ("header {Authorization: Basic dG9rZW4=} is wrong", "token", "header {Authorization: Basic […] is wrong"),
            ("+49 171 123 45 67 is in use", "", "[…] is in use"),
            ("request 6ba7b810-9dad-11d1-80b4-00c04fd430c8 failed", "", "request […] failed"),
            ("token S3cr3tT0k… is wrong", "s3cr3tt0ken", "token […] is wrong"),
            ("name must have 1 to 128 characters", "", "name must have 1 to 128 characters"),
        ] {
            assert_eq!(of(text, &[secret]).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(of("4711", &["4711"]), None);
    }

    #[test]
    fn secrets_without_measure_cost_no_memory_and_nothing_is_quoted_that_they_may_be_in() {
        let long = "https://example.com/".to_owned() + &"0123456789abcdef".repeat(60_000);
        assert_eq!(of("name is too long", &[&long]), None);
        let many: Vec<_> = (0..1000).map(|number| format!("secret-address-{number}@example.com")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(of("address-77 is too long", &many).as_deref(), Some("[…] is too long"));
    }

    /// A secret in one of the spellings in which a provider may repeat it.
    fn spelt(secret: &str, spelling: usize) -> String {
        let between = |text: &str| secret.chars().map(String::from).collect::<Vec<_>>().join(text);
        match spelling {
            0 => secret.to_owned(),
            1 => secret.to_uppercase(),
            2 => between("-"),
            3 => between(" "),
            4 => between("\u{200b}"),
            5 => format!("'{secret}'"),
            6 => secret.chars().take(secret.chars().count() / 2 + 3).collect(),
            7 => hex(secret, "%"),
            8 => hex(secret, "\\u00"),
            9 => hex(secret, "").to_uppercase(),
            10 => hex(secret, "%25"),
            11 => secret.chars().fold(String::new(), |all, char| format!("{all}&#{};", u32::from(char))),
            12 => serde_json::to_string(&json!(secret).to_string()).unwrap(),
            _ => secret.chars().skip(secret.chars().count() / 2).collect::<String>() + "...",
        }
    }

    /// The numbers of the characters of an ASCII text, each after a prefix.
    fn hex(text: &str, prefix: &str) -> String {
        text.bytes().fold(String::new(), |all, byte| format!("{all}{prefix}{byte:02x}"))
    }

    proptest! {
        #[test]
        fn no_quotation_shows_a_secret_in_an_encoding(
            before in "([a-z]{1,9} ){0,5}",
            secret in "[A-Za-z0-9@:/._+-]{6,40}",
            after in "( [a-z]{1,9}){0,5}",
            spelling in 7..13_usize,
        ) {
            let encoded = spelt(&secret, spelling);
            if let Some(shown) = of(&format!("{before}{encoded}{after}"), &[&secret]) {
                let (encoded, shown) = (core(encoded.chars()), core(shown.replace(LEFT_OUT, " # ").chars()));
                prop_assert!(!encoded.windows(8).any(|run| shown.windows(8).any(|of_shown| of_shown == run)));
            }
        }

        #[test]
        fn no_quotation_shares_a_run_with_a_canary(
            before in "\\PC{0,60}",
            secret in "[A-Za-z0-9@:/._+-]{5,60}",
            after in "\\PC{0,60}",
            spelling in 0..14_usize,
        ) {
            let text = format!("{before}{}{after}", spelt(&secret, spelling));
            if let Some(shown) = of(&text, &[&secret]) {
                prop_assert!(shown.chars().count() <= LONGEST);
                prop_assert!(!shown.chars().any(char::is_control));
                let secret = core(secret.chars());
                for part in shown.split('…').map(|part| core(part.chars())) {
                    let is_shared = |run: &[char]| secret.windows(SHARED).any(|of_secret| of_secret == run);
                    prop_assert!(!part.windows(SHARED).any(is_shared), "{shown}");
                }
            }
        }
    }
}
