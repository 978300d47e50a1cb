//! Which of several resources has the object that they claim: one rule for the operator and for the command line. No IO.

use jiff::Timestamp;

/// The place of a claim among those on one object: the least comes first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct ClaimRank<T> {
    /// When the resource was created: the older one wins. The API server counts whole seconds.
    pub(crate) created: Timestamp,
    /// What its heir takes over comes after that heir, which has its place.
    pub(crate) is_handed_over: bool,
    /// Of those created in one second, the one that has the object keeps it.
    pub(crate) lacks_object: bool,
    /// Decides between equals.
    pub(crate) tie: T,
}

/// The other claim that a resource must know of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rival<C> {
    /// The claim.
    pub(crate) claim: C,
    /// Whether it comes before the own one.
    pub(crate) wins: bool,
}

/// The first of the other claims; if it does not win, the first of a resource that is not being deleted, if there is one: that is the
/// heir. `mine` is the rank of the own claim.
pub(crate) fn rival<R: Ord, C: Ord>(
    mine: &R,
    others: impl Iterator<Item = (R, C)> + Clone,
    is_living: impl Fn(&C) -> bool,
) -> Option<Rival<C>> {
    let first = others.clone().min()?;
    let heir = || others.filter(|(_, claim)| is_living(claim)).min();
    let (rank, claim) = if first.0 < *mine { first } else { heir().unwrap_or(first) };
    Some(Rival { wins: rank < *mine, claim })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_counts_if_it_wins_and_else_the_first_that_lives() {
        let claims = [(2, "ending"), (4, "living"), (6, "younger")];
        let rival_of = |mine| rival(&mine, claims.into_iter(), |claim| *claim != "ending");
        assert_eq!(rival_of(3), Some(Rival { claim: "ending", wins: true }));
        assert_eq!(rival_of(1), Some(Rival { claim: "living", wins: false }));
        let alone = rival(&1, claims.into_iter().take(1), |claim| *claim != "ending");
        assert_eq!(alone, Some(Rival { claim: "ending", wins: false }));
        assert_eq!(rival(&1, std::iter::empty::<(i32, &str)>(), |_| true), None);
    }

    #[test]
    fn the_older_comes_first_and_of_one_second_the_one_that_has_the_object() {
        let rank = |second, is_handed_over, lacks_object, tie| {
            let created = Timestamp::constant(second, 0);
            ClaimRank { created, is_handed_over, lacks_object, tie }
        };
        assert!(rank(1, false, true, 9) < rank(2, false, false, 0));
        assert!(rank(1, false, false, 9) < rank(1, false, true, 0));
        assert!(rank(1, false, false, 0) < rank(1, false, false, 1));
        assert!(rank(1, false, true, 9) < rank(1, true, false, 0) && rank(1, true, true, 9) < rank(2, false, false, 0));
    }
}
