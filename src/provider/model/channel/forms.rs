//! The forms in which providers show an address that was sent: other case, spacing, prefix or encoding, or with hidden parts. No IO.

use url::Url;

use crate::provider::model::channel::normal_url::{normal_url, percent_decoded};

/// How much a listed address looks like one that was sent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Likeness {
    /// It is a known form of that address: all that it shows is the same.
    Known,
    /// It shows nothing by which it could be told from that address.
    Possible,
}

/// How much a listed address looks like one that was sent, if it can be that one at all.
pub(crate) fn likeness(type_: &str, sent: &str, shown: &str) -> Option<Likeness> {
    let parts = visible_parts(type_, shown);
    if parts.len() > 1 && !shows_anything(&parts) {
        return Some(Likeness::Possible);
    }
    let forms = match Kind::of(type_) {
        Kind::Phone => [digits(sent), digits(sent)],
        Kind::Text => [loose(sent), loose(&parsed(sent))],
    };
    // What is shown in full is compared as a whole.
    let in_full = parsed_parts(type_, shown, &parts);
    let fits = forms.iter().any(|form| fits_parts(form, &parts) || in_full.as_ref() == Some(form));
    fits.then_some(Likeness::Known)
}

/// Whether a part of a listed address is hidden.
pub(crate) fn hides(type_: &str, shown: &str) -> bool {
    visible_parts(type_, shown).len() > 1
}

/// Another address that may have been sent where a list shows this one in full.
pub(crate) fn sent_for(type_: &str, shown: &str) -> Option<String> {
    let shown = shown.trim();
    if hides(type_, shown) {
        return None;
    }
    match Kind::of(type_) {
        Kind::Phone => Some(format!("+{}", digits(shown))),
        Kind::Text => Some(shown.strip_suffix('/').map_or_else(|| format!("{shown}/"), str::to_owned)),
    }
}

/// How addresses of a type are compared.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    /// By digits.
    Phone,
    /// As texts and URLs.
    Text,
}

impl Kind {
    fn of(type_: &str) -> Self {
        if matches!(type_, "sms" | "phone") { Self::Phone } else { Self::Text }
    }

    /// So many of a character in a row are a mask: texts have some of them otherwise, too.
    fn least_run(self, mask: char) -> usize {
        match mask {
            '*' | '•' | '…' => 1,
            '#' => self.either(1, 2),
            'x' | 'X' => self.either(1, 3),
            '.' => self.either(2, 3),
            _ => usize::MAX,
        }
    }

    fn either<T>(self, of_phone: T, of_text: T) -> T {
        match self {
            Self::Phone => of_phone,
            Self::Text => of_text,
        }
    }
}

/// The digits of a phone number, without the prefix of international ones.
fn digits(number: &str) -> String {
    let number: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let national = number.strip_prefix('+').or(number.strip_prefix("00")).unwrap_or(&number);
    national.replace('+', "")
}

/// An address without what providers change when they show it.
fn loose(value: &str) -> String {
    let value = value.trim();
    let value = normal_url(value).unwrap_or_else(|| value.to_owned());
    percent_decoded(&value).trim_end_matches('/').to_lowercase()
}

/// A URL as a parser writes it: international names and '..' in its path are resolved.
fn parsed(value: &str) -> String {
    Url::parse(value.trim()).map_or_else(|_| value.to_owned(), String::from)
}

/// The address in the form of a parser, if nothing of it is hidden.
fn parsed_parts(type_: &str, shown: &str, parts: &[String]) -> Option<String> {
    (parts.len() == 1 && Kind::of(type_) == Kind::Text).then(|| loose(&parsed(shown)))
}

/// What is visible of a listed address, between the parts that are hidden; the whole address if nothing is.
fn visible_parts(type_: &str, shown: &str) -> Vec<String> {
    let kind = Kind::of(type_);
    let text = match kind {
        Kind::Phone => shown.trim().to_owned(),
        Kind::Text => loose(shown),
    };
    let (mut parts, mut part, mut rest) = (Vec::new(), String::new(), text.as_str());
    while let Some(first) = rest.chars().next() {
        let hidden = hidden_run(kind, rest, first);
        if hidden > 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(first);
        }
        rest = rest.get(hidden.max(first.len_utf8())..).unwrap_or_default();
    }
    parts.push(part);
    match kind {
        Kind::Text => parts,
        // Only a number that begins where the address does has a prefix.
        Kind::Phone => parts.iter().enumerate().map(|(at, part)| of_number(part, at)).collect(),
    }
}

/// The digits of a visible part of a number.
fn of_number(part: &str, at: usize) -> String {
    if at == 0 { digits(part) } else { part.chars().filter(char::is_ascii_digit).collect() }
}

/// How many bytes at the beginning of a text stand for something hidden: a run of masks, or a word in brackets.
fn hidden_run(kind: Kind, text: &str, first: char) -> usize {
    let run = text.chars().take_while(|c| *c == first).count();
    match first {
        '[' => hidden_word(text, ']'),
        '<' => hidden_word(text, '>'),
        _ if run >= kind.least_run(first) => run * first.len_utf8(),
        _ => 0,
    }
}

/// The length of a word in brackets, such as `[redacted]`; 0 if there is none. An address of digits in brackets is no word.
fn hidden_word(text: &str, end: char) -> usize {
    let Some((word, _)) = text.split_at_checked(1).and_then(|(_, behind)| behind.split_once(end)) else { return 0 };
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || "-_".contains(c));
    if is_word { word.len() + 2 } else { 0 }
}

/// Whether the visible parts of a masked address say anything of it. All URLs have a scheme.
fn shows_anything(parts: &[String]) -> bool {
    let mut parts = parts.iter().map(|part| part.trim_start_matches("https://").trim_start_matches("http://"));
    parts.any(|part| part.contains(char::is_alphanumeric))
}

/// Whether a text consists of the visible parts, in order, and of anything between them.
fn fits_parts(text: &str, parts: &[String]) -> bool {
    let [first, between @ .., last] = parts else { return parts.first().is_some_and(|whole| whole == text) };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in between {
        match rest.split_once(part.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Option<Likeness> = Some(Likeness::Known);
    const POSSIBLE: Option<Likeness> = Some(Likeness::Possible);

    fn assert_likeness(type_: &str, sent: &str, table: &[(&str, Option<Likeness>)]) {
        for (shown, expected) in table {
            assert_eq!(likeness(type_, sent, shown), *expected, "{sent} {shown}");
        }
    }

    #[test]
    fn a_number_is_known_with_and_without_its_prefix_and_by_what_a_mask_shows() {
        let table = [
            ("+994551234567", KNOWN),
            ("994551234567", KNOWN),
            ("00994551234567", KNOWN),
            ("+994 (55) 123-45-67", KNOWN),
            ("994.55.123.45.67", KNOWN),
            ("+99455123****", KNOWN),
            ("99455123****", KNOWN),
            ("0099455123••••", KNOWN),
            ("+99455123xxxx", KNOWN),
            ("+99455123XXXX", KNOWN),
            ("+99455123####", KNOWN),
            ("...4567", KNOWN),
            ("…4567", KNOWN),
            ("+994 55 *** 45 67", KNOWN),
            ("+994<hidden>67", KNOWN),
            ("********", POSSIBLE),
            ("+********", POSSIBLE),
            ("[redacted]", POSSIBLE),
            ("<hidden>", POSSIBLE),
            ("xxx-xxx", POSSIBLE),
            ("+99455124****", None),
            ("+994551234568", None),
            ("551234567", None),
            ("...4568", None),
            ("+1", None),
        ];
        assert_likeness("sms", "+994551234567", &table);
    }

    #[test]
    fn a_url_is_known_however_it_is_encoded_and_by_what_a_mask_shows() {
        let table = [
            ("https://EXAMPLE.com/a%20b/Token/", KNOWN),
            ("https://example.com/a b/Token", KNOWN),
            ("https://example.com:443/a%20b/Token", KNOWN),
            ("https://example.com/c/../a%20b/Token", KNOWN),
            ("https://example.com/%61%20b/token", KNOWN),
            ("https://example.com/a%20b/****", KNOWN),
            ("https://example.com/[redacted]", KNOWN),
            ("https://example.com/...", KNOWN),
            ("https://example.com/xxxxx", KNOWN),
            ("https://****", POSSIBLE),
            ("<hidden>", POSSIBLE),
            ("https://example.com:8443/a%20b/Token", None),
            ("https://example.com/b", None),
            ("https://example.org/****", None),
            ("https://example.com/#/b", None),
            ("http://example.com/a%20b/Token", None),
        ];
        assert_likeness("webhook", "https://example.com/a%20b/Token", &table);
        assert_likeness("webhook", "https://b\u{fc}cher.example/a", &[("https://xn--bcher-kva.example/a", KNOWN)]);
        assert_likeness("webhook", "https://example.com:443/a", &[("https://example.com/a", KNOWN)]);
        // What looks like a mask is a part of many addresses.
        assert_likeness("webhook", "https://example.com/aXXb", &[("https://example.com/aXXc", None)]);
        assert_likeness("email", "foreign@a.org", &[("foxx@a.org", None), ("f[1]@a.org", None), ("f#n@a.org", None)]);
    }

    #[test]
    fn an_email_is_known_by_what_a_mask_shows() {
        let table = [
            ("JOE@example.com", KNOWN),
            ("j**@example.com", KNOWN),
            ("j...@example.com", KNOWN),
            ("j[hidden]@example.com", KNOWN),
            ("***@***", POSSIBLE),
            ("[email protected]", POSSIBLE),
            ("j**@example.org", None),
            ("jo@example.com", None),
        ];
        assert_likeness("email", "joe@example.com", &table);
    }

    #[test]
    fn what_is_shown_in_full_tells_what_may_have_been_sent() {
        for (type_, shown, sent) in [
            ("sms", "994551234567", Some("+994551234567")),
            ("sms", "00994 55 1234567", Some("+994551234567")),
            ("webhook", "https://example.com/a/", Some("https://example.com/a")),
            ("webhook", "https://example.com/a", Some("https://example.com/a/")),
            ("sms", "...4567", None),
            ("webhook", "[redacted]", None),
        ] {
            assert_eq!(sent_for(type_, shown).as_deref(), sent, "{shown}");
        }
    }
}
