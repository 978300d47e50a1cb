//! The words of somebody else within a message. They may differ from try to try, as those with the time or the number of a request do:
//! two messages that differ in nothing else say the same. No IO.

use std::borrow::Cow;

/// A quotation begins after this; the quotation itself has no quotation marks.
const BEGINNING: &str = " says: \"";
/// A quotation ends before this.
const END: char = '"';

/// What somebody says, as it stands in a message.
pub(crate) fn quotation(who: &str, words: &str) -> String {
    format!("{who}{BEGINNING}{}{END}", words.replace(END, "'"))
}

/// A message without the words of others, for comparison.
pub(crate) fn without_quotations(message: &str) -> Cow<'_, str> {
    let Some((before, after)) = message.split_once(BEGINNING) else { return Cow::Borrowed(message) };
    let (mut kept, mut rest) = (before.to_owned(), after);
    loop {
        kept.push_str(BEGINNING);
        let Some((_, after)) = rest.split_once(END) else { return Cow::Owned(kept) };
        let Some((before, quoted)) = after.split_once(BEGINNING) else { return Cow::Owned(kept + after) };
        kept.push_str(before);
        rest = quoted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_others_are_left_out() {
        let message = |first: &str, second: &str, action: &str| {
            format!("refused; {}; {action}; {}; done", quotation("the provider", first), quotation("it", second))
        };
        let comparable = |text: &str| without_quotations(text).into_owned();
        assert_eq!(message("a \"b\"", "", "x"), r#"refused; the provider says: "a 'b'"; x; it says: ""; done"#);
        assert_eq!(comparable(&message("a \"b\"", "c", "x")), comparable(&message("d", "", "x")));
        assert_ne!(comparable(&message("a", "c", "x")), comparable(&message("a", "c", "y")));
        assert_eq!(without_quotations(r#"name: "a" -> "b""#), r#"name: "a" -> "b""#);
        assert_eq!(comparable(r#"cut: it says: "ab"#), r#"cut: it says: ""#);
    }
}
