//! Which resources a verb is about: `KIND`, `KIND/NAME`, `KIND NAME…`, as for kubectl. No IO.

use crate::api::crds::is_name_of;
use crate::api::did_you_mean::did_you_mean;
use crate::api::kinds::Kind;

/// What one word names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// All resources of a kind.
    All(Kind),
    /// One resource.
    One(Kind, String),
}

impl Wanted {
    /// The kind.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::All(kind) | Self::One(kind, _) => *kind,
        }
    }
}

/// Reads the words of a command line.
///
/// # Errors
/// A kind that there is not, or forms that do not go together.
pub(crate) fn wanted(words: &[String]) -> Result<Vec<Wanted>, String> {
    let Some((first, names)) = words.split_first() else { return Ok(Vec::new()) };
    if words.iter().any(|word| word.contains('/')) {
        return words.iter().map(|word| one(word)).collect();
    }
    let kinds = first.split(',').map(kind).collect::<Result<Vec<_>, _>>()?;
    match (kinds.as_slice(), names) {
        (all, []) => Ok(all.iter().map(|kind| Wanted::All(*kind)).collect()),
        ([kind], names) => Ok(names.iter().map(|name| Wanted::One(*kind, name.clone())).collect()),
        (_, names) => {
            Err(format!("{} names one resource, and '{first}' several kinds: use KIND/NAME", names.join(" ")))
        }
    }
}

/// Reads a word that must name one resource.
///
/// # Errors
/// It does not.
pub(crate) fn one(word: &str) -> Result<Wanted, String> {
    match word.split_once('/') {
        Some((kind_word, name)) if !name.is_empty() && !name.contains('/') => {
            Ok(Wanted::One(kind(kind_word)?, name.to_owned()))
        }
        Some(_) | None => Err(format!("'{word}' names no resource: it must be KIND/NAME, such as team/platform")),
    }
}

/// Reads the name of a kind.
pub(crate) fn kind(word: &str) -> Result<Kind, String> {
    let released = || Kind::ALL.iter().copied().filter(|kind| kind.is_released());
    released().find(|kind| is_name_of(*kind, word)).ok_or_else(|| {
        let known = released().map(Kind::as_str);
        let list = released().map(Kind::as_str).collect::<Vec<_>>().join(", ");
        format!("there is no kind '{word}'{}: the kinds are {list}", did_you_mean(word, known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<Wanted>, String> {
        wanted(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn resources_are_named_as_for_kubectl() {
        let team = |name: &str| Wanted::One(Kind::Team, name.to_owned());
        for (line, expected) in [
            ("", vec![]),
            ("teams,pingsvc", vec![Wanted::All(Kind::Team), Wanted::All(Kind::Service)]),
            ("team/a pingteam/b", vec![team("a"), team("b")]),
            ("Team a b", vec![team("a"), team("b")]),
            ("team.ping-operator.dev/a", vec![team("a")]),
        ] {
            assert_eq!(read(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_names_nothing_is_told_with_what_may_be_meant() {
        for (line, expected) in [
            ("tem", "did you mean 'Team'"),
            ("team/a b", "'b' names no resource"),
            ("team/", "must be KIND/NAME"),
            ("team,service a", "several kinds"),
            ("probe", "there is no kind 'probe'"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
