//! What somebody may have meant by a word that nobody knows. No IO.

/// Below this likeness nothing is proposed.
const ALIKE: f64 = 0.75;

/// The known word that is most like an unknown one.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let alike = known.map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known));
    let best = alike.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, known)| known)
}

/// The same as the end of a message.
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
