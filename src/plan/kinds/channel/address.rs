//! Addresses that come from a Secret are checked where the API server cannot: by the rules of the CRD, without showing them. No IO.

use crate::api::reason::Reason;
use crate::plan::state::State;
use crate::provider::model::sensitive::Sensitive;

/// The longest address, in characters, as the CRD has it for `value`.
const LONGEST: usize = 2048;

/// Whether an address makes sense for its type.
///
/// # Errors
/// The state to report; it says what is allowed and not what was seen.
pub(crate) fn check(type_: &str, value: &Sensitive) -> Result<(), State> {
    let value = value.expose();
    let allowed = match type_ {
        _ if value.trim().is_empty() => "must not be empty",
        _ if value.chars().count() > LONGEST => "must have at most 2048 characters",
        "email" if !is_email(value) => "must be an e-mail address, such as 'ops@example.com'",
        "sms" if !is_phone(value) => "must be a phone number in E.164 form, such as '+994551234567'",
        "webhook" if !is_https(value) => "must be an https URL, such as 'https://example.com/hook'",
        _ => return Ok(()),
    };
    let message =
        format!("the channel's address {allowed}: correct `value`, or the Secret's key that `valueFrom` names");
    Err(State::stalled(Reason::Invalid, message))
}

fn is_email(value: &str) -> bool {
    let parts: Vec<_> = value.split('@').collect();
    matches!(parts.as_slice(), [local, domain] if !local.is_empty() && !domain.is_empty()) && !value.contains(' ')
}

/// E.164: a plus, no leading zero, 7 to 15 digits.
fn is_phone(value: &str) -> bool {
    let digits = value.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

fn is_https(value: &str) -> bool {
    let rest = value.strip_prefix("https://").unwrap_or_default();
    rest.starts_with(|first: char| !"/?#".contains(first)) && !value.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_form_and_other_types_take_anything() {
        let (longest, too_long) = ("a".repeat(LONGEST), "a".repeat(LONGEST + 1));
        for (type_, value, fine) in [
            ("push-notification", longest.as_str(), true),
            ("push-notification", &too_long, false),
            ("email", "a@b", true),
            ("email", "a@b@c", false),
            ("email", "@b", false),
            ("sms", "+994551234567", true),
            ("sms", "0551234567", false),
            ("sms", "+0551234567", false),
            ("sms", "+1 202 555", false),
            ("webhook", "https://example.com", true),
            ("webhook", "http://example.com", false),
            ("webhook", "https:///x", false),
            ("push-notification", "anything", true),
            ("webhook", " ", false),
        ] {
            let seen = check(type_, &Sensitive::new(value));
            assert_eq!(seen.is_ok(), fine, "{type_} {value}");
        }
    }
}
