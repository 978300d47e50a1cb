//! The table of proofs: what an answer proves, by the call, the status and the form of the body. No IO.
//!
//! Nothing else concludes from a status or a body. Two things are proven by lists only, in `inventory/` and `plan/`: that an
//! object is absent, and that a write was done which was answered with "not found".

use serde::de::IgnoredAny;

use crate::provider::request::Method;

/// What repeating a call does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repetition {
    /// It only reads.
    Read,
    /// A write that leads to the same, however often it is made.
    Harmless,
    /// A write that creates something or contacts a person.
    Harmful,
}

/// The form of a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// Well-formed JSON: the API itself answered.
    Json,
    /// JSON that tells of an error, in words that say that the request itself is refused.
    Refusal,
    /// JSON that tells of an error in other words: the call may have had its effect before it.
    Error,
    /// No body.
    Empty,
    /// A text that is neither JSON nor a page.
    Text,
    /// A page, or JSON that is cut off: a gateway answered, or half of the answer is lost.
    Page,
}

/// Words of errors that blame the request or its token.
const REFUSALS: [&str; 12] = [
    "invalid",
    "required",
    "missing",
    "must",
    "allowed",
    "accepted",
    "supported",
    "unsupported",
    "permission",
    "permissions",
    "exist",
    "token",
];

/// What the answer to a call proves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Proof {
    /// The call was done; what the body shows is so.
    Done,
    /// The call was not done.
    Refused,
    /// The provider knows no such object. After a write the lists decide whether that is so.
    NotFound,
    /// Nothing.
    Nothing,
}

impl Repetition {
    /// What repeating a call with this method does; `once`: it must not be sent twice.
    pub(crate) fn of(once: bool, method: Method) -> Self {
        match method {
            Method::Get => Self::Read,
            Method::Post | Method::Put | Method::Patch | Method::Delete if once => Self::Harmful,
            Method::Post | Method::Put | Method::Patch | Method::Delete => Self::Harmless,
        }
    }
}

impl Form {
    /// The form of a body.
    pub(crate) fn of(body: &[u8]) -> Self {
        match body.trim_ascii().first() {
            None => Self::Empty,
            Some(_) if serde_json::from_slice::<IgnoredAny>(body).is_ok() => Self::Json,
            Some(b'<' | b'{' | b'[') => Self::Page,
            Some(_) => Self::Text,
        }
    }
}

impl Form {
    /// The form of a JSON body that tells of an error in these words.
    pub(crate) fn of_error(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut words = text.split(|char: char| !char.is_alphanumeric());
        if words.any(|word| REFUSALS.contains(&word)) { Self::Refusal } else { Self::Error }
    }
}

impl Proof {
    /// The table.
    pub(crate) fn of(repetition: Repetition, status: u16, form: Form) -> Self {
        match (status, form, repetition) {
            (206, _, Repetition::Read) | (200..=299, Form::Page, _) | (200..=299, Form::Error, Repetition::Harmful) => {
                Self::Nothing
            }
            (200..=299, Form::Json | Form::Empty | Form::Text, _) => Self::Done,
            (404 | 410, Form::Json | Form::Refusal | Form::Error, _) | (404 | 410, _, Repetition::Harmless) => {
                Self::NotFound
            }
            (404 | 410, Form::Empty | Form::Text | Form::Page, _) | (407 | 408 | 425, _, _) => Self::Nothing,
            // Whoever counts calls or checks credentials stands in front of the API, so the form says nothing. A page that forbids is
            // one of a firewall: it says nothing about the operation.
            (429, _, _)
            | (200..=299, Form::Refusal | Form::Error, _)
            | (401, _, Repetition::Read | Repetition::Harmless)
            | (403, Form::Text, Repetition::Read | Repetition::Harmless)
            | (400..=499, Form::Json | Form::Refusal | Form::Error | Form::Empty, _) => Self::Refused,
            _ => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Repetition; 3] = [Repetition::Read, Repetition::Harmless, Repetition::Harmful];

    #[test]
    fn a_page_proves_neither_that_something_was_done_nor_that_it_was_not() {
        for repetition in ALL {
            for status in [200, 204, 302, 400, 403, 404, 409, 410, 422, 500, 502, 503] {
                let proof = Proof::of(repetition, status, Form::Page);
                let lists_decide = matches!(status, 404 | 410) && repetition == Repetition::Harmless;
                let expected = if lists_decide { Proof::NotFound } else { Proof::Nothing };
                assert_eq!(proof, expected, "{repetition:?} {status}");
            }
        }
    }

    #[test]
    fn only_a_success_is_done_and_only_the_apis_own_words_say_that_nothing_is_there() {
        for repetition in ALL {
            for status in 100..600 {
                for form in [Form::Json, Form::Empty, Form::Text, Form::Page] {
                    let proof = Proof::of(repetition, status, form);
                    assert!(proof != Proof::Done || (200..300).contains(&status), "{repetition:?} {status} {form:?}");
                    let is_own = form == Form::Json || repetition == Repetition::Harmless;
                    assert!(proof != Proof::NotFound || (is_own && matches!(status, 404 | 410)), "{status} {form:?}");
                    assert!(status < 500 || proof == Proof::Nothing, "{repetition:?} {status} {form:?}");
                }
            }
        }
    }

    #[test]
    fn an_error_with_a_success_status_refuses_a_create_only_if_it_blames_the_request() {
        for (text, form) in [
            ("internal", Form::Error),
            ("Timeout; try again", Form::Error),
            ("", Form::Error),
            ("invalid timezone", Form::Refusal),
            ("Token not found", Form::Refusal),
            ("name is required", Form::Refusal),
            ("You do not have the correct permissions for that account.", Form::Refusal),
        ] {
            assert_eq!(Form::of_error(text), form, "{text}");
            let proof = |repetition| Proof::of(repetition, 200, form);
            let of_create = if form == Form::Error { Proof::Nothing } else { Proof::Refused };
            assert_eq!(
                (proof(Repetition::Harmful), proof(Repetition::Harmless)),
                (of_create, Proof::Refused),
                "{text}"
            );
            assert_eq!(Proof::of(Repetition::Harmful, 400, form), Proof::Refused, "{text}");
        }
    }

    #[test]
    fn the_form_of_a_body_is_seen() {
        for (body, form) in [
            ("", Form::Empty),
            (" \n", Form::Empty),
            ("{}", Form::Json),
            ("[1]", Form::Json),
            ("\"deleted\"", Form::Json),
            ("null", Form::Json),
            ("deleted", Form::Text),
            ("<html></html>", Form::Page),
            (" <!DOCTYPE html>", Form::Page),
            ("{\"a\": 1", Form::Page),
            ("[1, 2", Form::Page),
        ] {
            assert_eq!(Form::of(body.as_bytes()), form, "{body}");
        }
    }
}
