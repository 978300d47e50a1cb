//! Which parts of a message of the operator come from outside: both sides of each change, what stands in quotation marks, and what others
//! say. No IO.
//!
//! A text that was in a spec earlier is in no resource any more, so the form of the message must tell what to hide. Where it is not
//! clear how far a text reaches, more is hidden.

use std::collections::BTreeSet;

use crate::api::annotations::is_id;
use crate::api::quotation::quotation;

/// What stands between the sides of a change.
const ARROW: &str = " → ";
/// What the operator writes as a side of a change when there is nothing to show.
const FIXED: [&str; 10] = [
    "(none)",
    "present",
    "(nobody)",
    "(not verified)",
    "(a code)",
    "(address)",
    "(another address)",
    "true",
    "false",
    "…",
];
/// Fields of changes that are no fields of a spec.
const FIELDS: [&str; 2] = ["(object)", "verification"];
/// How the end of an event begins that names the object.
const OBJECT: &str = " (external id ";

/// Words that a message may show.
#[derive(Default)]
pub(crate) struct MessageWords {
    /// The names of fields.
    pub(crate) fields: BTreeSet<String>,
    /// Words of lists, and the names and ids that a report shows.
    pub(crate) shown: BTreeSet<String>,
}

impl MessageWords {
    /// A message in which `mark` stands for what comes from outside.
    pub(crate) fn hide(&self, text: &str, mark: impl Fn(&str) -> String) -> String {
        let known = without_words_of_others(text, &mark);
        // A change may itself hold what looks like the words of others: the form is that of the whole text.
        if text.contains(ARROW) { self.changes(&known, &mark) } else { self.quoted(&known, &mark) }
    }

    /// `HEAD: FIELD: OLD → NEW; FIELD: OLD → NEW (external id ID)`, without the values.
    fn changes(&self, text: &str, mark: &impl Fn(&str) -> String) -> String {
        let (text, object) = object(text);
        let side = |side: &str| if FIXED.contains(&side) { side.to_owned() } else { mark(side) };
        let mut parts = text.split(ARROW);
        let (before, first) = self.first(parts.next().unwrap_or_default());
        let mut shown = format!("{before}{}", side(first));
        for part in parts {
            shown.push_str(ARROW);
            match self.next(part) {
                Some((new, field, old)) => shown.extend([&side(new), "; ", field, ": ", &side(old)]),
                None => shown.push_str(&side(part)),
            }
        }
        shown + object
    }

    /// What stands before the first old value, and that value. Nothing stands before it if no field is known.
    fn first<'a>(&self, part: &'a str) -> (&'a str, &'a str) {
        let ends = part.match_indices(": ").map(|(at, colon)| (at, at.saturating_add(colon.len())));
        let mut start = 0;
        for (at, end) in ends {
            if part.get(start..at).is_some_and(|field| self.is_field(field)) {
                return part.split_at(end);
            }
            start = end;
        }
        ("", part)
    }

    /// A new value, the field after it, and the old value of that.
    fn next<'a>(&self, part: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        part.rmatch_indices("; ").find_map(|(at, _)| {
            let (new, rest) = (part.get(..at)?, part.get(at..)?.strip_prefix("; ")?);
            let (field, old) = rest.split_once(": ")?;
            self.is_field(field).then_some((new, field, old))
        })
    }

    fn is_field(&self, text: &str) -> bool {
        FIELDS.contains(&text) || self.fields.contains(text)
    }

    /// A text without what stands in quotation marks, as far as the report does not show it anyway.
    fn quoted(&self, text: &str, mark: &impl Fn(&str) -> String) -> String {
        if let Some((before, inner, after)) = unclear(text) {
            return format!("{before}'{}'{}", mark(inner), self.quoted(after, mark));
        }
        let (mut shown, mut rest) = (String::new(), text);
        while let Some((before, inner, after)) = in_marks(rest) {
            let is_shown = self.shown.contains(inner) || inner.split('/').all(|part| self.shown.contains(part));
            let inner = if is_shown { inner.to_owned() } else { mark(inner) };
            shown.extend([before, "'", &inner, "'"]);
            rest = after;
        }
        shown + rest
    }
}

/// The end of an event that names the object, apart.
fn object(text: &str) -> (&str, &str) {
    let end = text.rfind(OBJECT).and_then(|at| text.split_at_checked(at));
    let is_object = |end: &str| end.strip_prefix(OBJECT).and_then(|id| id.strip_suffix(')')).is_some_and(is_id);
    end.filter(|(_, end)| is_object(end)).unwrap_or((text, ""))
}

/// A text without what others say in it. Without an end (a message may be cut), all of the rest is theirs.
fn without_words_of_others(text: &str, mark: &impl Fn(&str) -> String) -> String {
    let form = quotation("", "\n");
    let (beginning, end) = form.split_once('\n').unwrap_or((&form, ""));
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((before, said)) = rest.split_once(beginning) {
        let (words, after) = said.split_once(end).unwrap_or((said, ""));
        shown.extend([before, beginning, &mark(words), end]);
        rest = after;
    }
    shown + rest
}

/// What stands before the first quotation mark, between it and the last one, and after that, if not every mark has its other one: then
/// it is not clear which of them belong to the texts.
fn unclear(text: &str) -> Option<(&str, &str, &str)> {
    let (before, _, mut rest) = in_marks(text)?;
    let mut is_clear = true;
    while let Some((between, _, after)) = in_marks(rest) {
        is_clear &= ends(between).next().is_none();
        rest = after;
    }
    if is_clear && ends(rest).next().is_none() {
        return None;
    }
    let (inner, after) = ends(text.strip_prefix(before)?.strip_prefix('\'')?).next_back()?;
    Some((before, inner, after))
}

/// What stands before the first pair of quotation marks, in it, and after it. An apostrophe within a word is no mark.
fn in_marks(text: &str) -> Option<(&str, &str, &str)> {
    let is_letter_before = |at: usize| text.get(..at).is_some_and(|text| text.ends_with(char::is_alphanumeric));
    let start = text.match_indices('\'').map(|(at, _)| at).find(|at| !is_letter_before(*at))?;
    let (before, opened) = (text.get(..start)?, text.get(start..)?.strip_prefix('\'')?);
    // Without an end (a message may be cut), all of the rest is in quotation marks.
    let (inner, after) = ends(opened).next().unwrap_or((opened, ""));
    Some((before, inner, after))
}

/// What stands before and after each mark that may end a quotation.
fn ends(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    let sides = |(at, mark): (usize, &str)| Some((text.get(..at)?, text.get(at..)?.strip_prefix(mark)?));
    text.match_indices('\'').filter_map(sides).filter(|(_, after)| !after.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_each_change_and_quoted_texts_are_hidden_and_the_rest_of_the_sentence_stays() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let words = MessageWords { fields: words(&["name", "surname"]), shown: words(&["n", "t", "Manage"]) };
        for (text, expected) in [
            (
                "update customer: surname: Lovelace → Old (external id c-1)",
                "update customer: surname: # → # (external id c-1)",
            ),
            ("rename team: name: A: x; y → B; surname: C → D", "rename team: name: # → #; surname: # → #"),
            ("reports: (object): (none) → present", "reports: (object): (none) → present"),
            ("name: Acme → Evil → Worse (Ltd)", "name: # → # → #"),
            ("something: Acme → Evil", "# → #"),
            (
                "`name` is still 'Old Co' instead of 'O'Neil'; the token's",
                "`name` is still '#' instead of '#'; the token's",
            ),
            ("see 'n/t': set 'Manage'", "see 'n/t': set 'Manage'"),
            ("it is 'cut of", "it is '#'"),
            ("'n' is 'O' Neil Ltd' instead of 'Manage'", "'#'"),
            ("'n' is 'O' Neil' and 'cut of", "'#' and '#'"),
            ("the others' name is 'O' Neil Ltd': find out who", "the others' name is '#': find out who"),
            ("refused 't': it says: \"Lovelace's 'name' is\"; go on", "refused 't': it says: \"#\"; go on"),
            ("refused: it says: \"surname Love", "refused: it says: \"#\""),
            ("name: A says: \"B → C", "name: #"),
        ] {
            assert_eq!(words.hide(text, |_| "#".to_owned()), expected, "{text}");
        }
    }
}
