//! Suggestions for unknown words. No IO.

/// The least similarity of a suggestion, from 0 to 1 (Jaro-Winkler).
const LEAST_SIMILARITY: f64 = 0.75;

/// The known word that is most similar to an unknown one.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let similarity = |known: &str| strsim::jaro_winkler(&lower, &known.to_lowercase());
    let best = known.max_by(|one, other| similarity(one).total_cmp(&similarity(other)));
    best.filter(|best| similarity(best) >= LEAST_SIMILARITY)
}

/// The suggestion as the end of a message; empty if there is none.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map(|known| format!("; did you mean '{known}'?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_slip_is_known_again_and_another_word_is_not() {
        let known = || ["members", "membershipPolicy", "name"].into_iter();
        assert_eq!(nearest("memebrs", known()), Some("members"));
        assert_eq!(nearest("membershippolicy", known()), Some("membershipPolicy"));
        assert_eq!(nearest("colour", known()), None);
        assert_eq!(did_you_mean("nam", known()), "; did you mean 'name'?");
    }
}
