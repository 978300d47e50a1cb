//! Label selectors as kubectl takes them: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. No IO.

use std::collections::BTreeSet;

use kube::core::{Expression, Selector};

/// The selector of a text; nothing selects everything.
pub(crate) fn selector(text: &str) -> Result<Selector, String> {
    let parts = requirements(text).into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| requirement(part).ok_or_else(|| wrong(part))).collect()
}

fn wrong(part: &str) -> String {
    format!(
        "'{part}' is no requirement on labels: key=value, key!=value, key in (a,b), key notin (a,b), key or !key, separated by commas"
    )
}

/// Splits at the commas outside of parentheses.
fn requirements(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    text.split(|letter: char| {
        is_inside = match letter {
            '(' => true,
            ')' => false,
            _ => is_inside,
        };
        letter == ',' && !is_inside
    })
    .collect()
}

fn requirement(text: &str) -> Option<Expression> {
    if let Some((left, right)) = text.split_once('(') {
        let values = right.strip_suffix(')')?.split(',').map(value).collect::<Option<BTreeSet<_>>>()?;
        let (name, operator) = left.trim().rsplit_once(char::is_whitespace)?;
        let name = key(name)?;
        return match operator {
            "in" => Some(Expression::In(name, values)),
            "notin" => Some(Expression::NotIn(name, values)),
            _ => None,
        };
    }
    if let Some((left, right)) = text.split_once("!=") {
        return Some(Expression::NotEqual(key(left)?, value(right)?));
    }
    if let Some((left, right)) = text.split_once('=') {
        return Some(Expression::Equal(key(left)?, value(right.strip_prefix('=').unwrap_or(right))?));
    }
    match text.strip_prefix('!') {
        Some(name) => Some(Expression::DoesNotExist(key(name)?)),
        None => Some(Expression::Exists(key(text)?)),
    }
}

/// A key: a name, after a DNS subdomain and a slash or alone.
fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| crate::cli::values::lease_name(prefix).is_ok();
    (!name.is_empty() && is_word(name) && prefix.is_none_or(is_prefix)).then(|| text.to_owned())
}

/// A value; it may be empty.
fn value(text: &str) -> Option<String> {
    let text = text.trim();
    is_word(text).then(|| text.to_owned())
}

/// At most 63 letters, digits, '-', '_' and '.', a letter or digit first and last.
fn is_word(text: &str) -> bool {
    let is_edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= 63 && text.bytes().all(is_inner) && is_edge(text.bytes().next()) && is_edge(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_requirement_is_read() {
        for (text, expected) in [
            ("", ""),
            ("shard=a", "shard=a"),
            (" shard == a , x.org/tier != gold ", "shard=a,x.org/tier!=gold"),
            ("env in (prod, test),tier notin (x),owner,!legacy", "env in (prod,test),tier notin (x),owner,!legacy"),
            ("empty=", "empty="),
        ] {
            assert_eq!(selector(text).map(|selector| selector.to_string()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_named() {
        for wrong in [
            "shard==a=b",
            "=a",
            "a in b",
            "a in (b",
            "a of (b)",
            "a b",
            "a=b c",
            "!",
            "a>1",
            "-a=b",
            "a=-b",
            "/a=b",
            "A_/b=c",
            "a in (b,(c))",
            "ä=b",
        ] {
            let error = selector(&format!("x=y,{wrong}")).expect_err(wrong);
            assert!(error.contains("key notin (a,b)"), "{wrong}: {error}");
        }
    }
}
