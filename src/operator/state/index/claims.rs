//! Which claims on an external object count, and who waits for one. A claim counts within its account, and only if the resource
//! that claims reaches that account.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::kinds::Kind;
use crate::api::provider_config::Provider;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::claim::{Claim, ClaimBasis};
use crate::operator::state::index::row::{Age, IndexRow, Key};
use crate::operator::state::index::tables::{Claimer, Tables, owned};
use crate::plan::claim_order::{ClaimRank, Rival, rival};
use crate::plan::context::Claimant;

/// An account of a provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct AccountRef<'a> {
    provider: Provider,
    id: &'a str,
}

impl Tables {
    /// The account that a config opens, as far as it is known.
    fn account(&self, key: &ResourceKey) -> Option<AccountRef<'_>> {
        let config = self.rows.get(key)?.config.as_ref()?;
        let id = config.account.as_deref().or_else(|| self.opened.get(key).map(String::as_str))?;
        Some(AccountRef { provider: config.provider, id })
    }

    /// Whether it is known which account a config opens.
    pub(super) fn is_account_known(&self, config: &ResourceKey) -> bool {
        self.account(config).is_some()
    }

    /// Whether two configs open one account, as far as it is known. A config opens the same account as itself.
    pub(super) fn is_same_account(&self, one: &ResourceKey, other: &ResourceKey) -> bool {
        one == other || self.account(one).is_some_and(|account| self.account(other) == Some(account))
    }

    /// The first of the others whose claim on an object counts; if it does not win, the first that is not being deleted, if there is one.
    pub(super) fn claimant(&self, id: &str, me: &ResourceKey, my_age: &Age) -> Option<Claimant> {
        let claimants = self.claimants.get(&(me.kind, id.into()))?;
        let (mine, my_rank) = (self.rows.get(me).and_then(|row| row.config_key()), self.rank(id, me, my_age));
        let counts = |claimer: &&Claimer| {
            *claimer.key != *me && mine.is_none_or(|mine| self.claim_counts(&claimer.key, id, mine))
        };
        let is_living = |key: &Key| self.rows.get(key).is_some_and(|row| !row.is_deleted);
        let others = claimants.iter().filter(counts).map(|claimer| (&claimer.key, &claimer.age));
        let ranked: Vec<_> = others.chain(self.heirs_without(id, claimants, me)).collect();
        let ranked = ranked.iter().map(|(key, age)| (self.rank(id, key, age), *key));
        let Rival { claim: key, wins } = rival(&my_rank, ranked, |key| is_living(key))?;
        let is_heir = self.heir_to(id, me) == Some(key);
        Some(Claimant { name: key.to_string(), wins, is_living: is_living(key), is_heir })
    }

    /// The place of a resource among those that claim an object.
    fn rank<'a>(&self, id: &str, key: &ResourceKey, age: &'a Age) -> ClaimRank<&'a str> {
        let (created, lacks_object) = self.place(id, key, age.created);
        ClaimRank { created, is_handed_over: self.heir_to(id, key).is_some(), lacks_object, tie: &age.uid }
    }

    /// The heirs of those that claim an object which do not claim it themselves yet.
    fn heirs_without<'a>(
        &'a self,
        id: &str,
        claimants: &'a [Claimer],
        me: &ResourceKey,
    ) -> impl Iterator<Item = (&'a Key, &'a Age)> {
        let heirs = claimants.iter().filter_map(move |claimer| self.heir_to(id, &claimer.key));
        let others = heirs.filter(|key| ***key != *me && claimants.iter().all(|claimer| claimer.key != **key));
        others.filter_map(|key| Some((key, &self.rows.get(key)?.age)))
    }

    /// Whether a resource's claim on an object counts for a resource with the config `mine`. While the account of `mine` is not
    /// known, every claim by a resource that reaches its own account counts.
    fn claim_counts(&self, key: &ResourceKey, id: &str, mine: &ResourceKey) -> bool {
        let Some(row) = self.rows.get(key) else { return false };
        let (Some(theirs), Some(claim)) = (row.config_key(), row.claims.iter().find(|claim| *claim.id == *id)) else {
            return false;
        };
        // A config that is not cluster-scoped allows its whole namespace.
        if theirs == mine && mine.kind == Kind::ProviderConfig {
            return true;
        }
        let is_reached = match claim.basis {
            ClaimBasis::Status | ClaimBasis::Reconcile | ClaimBasis::Conflict => true,
            ClaimBasis::Annotation => self.reaching.get(key) == Some(&true),
        };
        is_reached && (self.account(mine).is_none() || self.is_same_account(mine, theirs))
    }

    /// The other resources that a change of a resource's claims concerns: those that claim the same objects, and those of the
    /// kind and the account that wait until a claim is given up.
    pub(super) fn contenders(&self, key: &ResourceKey, row: &IndexRow) -> BTreeSet<ResourceKey> {
        if row.claims.is_empty() {
            return BTreeSet::new();
        }
        let same = row.claims.iter().filter_map(|claim| self.claimants.get(&(key.kind, Arc::clone(&claim.id))));
        let config_of = |other: &Key| self.rows.get(other).and_then(|row| row.config_key());
        let awaits = |other: &&Key| {
            let configs = row.config_key().zip(config_of(other));
            other.kind == key.kind && configs.is_some_and(|(one, other)| self.is_same_account(one, other))
        };
        let same = same.flatten().map(|claimer| &claimer.key);
        let others = same.chain(self.awaiting.iter().filter(awaits));
        others.filter(|other| other.as_ref() != key).map(owned).collect()
    }

    /// The contenders of a resource's present claims.
    pub(super) fn contenders_of(&self, key: &ResourceKey) -> BTreeSet<ResourceKey> {
        self.rows.get(key).map(|row| self.contenders(key, row)).unwrap_or_default()
    }

    /// The other resources that it concerns that a resource has an object now.
    pub(super) fn concerned_by_object(&self, key: &ResourceKey) -> BTreeSet<ResourceKey> {
        let mut concerned = self.contenders_of(key);
        concerned.extend(self.bound_by_moves(key));
        concerned
    }

    /// The other resources that it concerns whether a resource reaches its account: those that contend with a claim that counts
    /// only then, and, if it does not reach the account or did not until now, those that name what it names.
    pub(super) fn concerned_by_reach(&self, key: &ResourceKey, before: Option<bool>) -> BTreeSet<ResourceKey> {
        let Some(row) = self.rows.get(key) else { return BTreeSet::new() };
        let contenders = row.claims.iter().any(Claim::is_by_annotation).then(|| self.contenders(key, row));
        let is_refused = [before, self.reaching.get(key).copied()].contains(&Some(false));
        let named =
            row.mentions.iter().filter(|_| is_refused).filter_map(|mention| self.mentions.get(&mention.subject));
        let named = named.flatten().filter(|other| other.as_ref() != key).map(owned);
        let source = row.moved_from().into_iter().cloned();
        contenders.into_iter().flatten().chain(named).chain(source).collect()
    }

    /// The other resources that a change of a resource concerns because of its claims. Of a config: those that contend with the
    /// claims of the resources that use it, if it opens another account than before.
    pub(super) fn concerned_by_claims(&self, key: &ResourceKey, before: Option<&IndexRow>) -> BTreeSet<ResourceKey> {
        let after = self.rows.get(key).map(Box::as_ref);
        let account = |row: &IndexRow| row.config.as_ref().and_then(|config| config.account.clone());
        if before.and_then(account) != after.and_then(account) {
            let users = self.referrers(key);
            return users.iter().flat_map(|user| self.contenders_of(user)).chain(users.iter().cloned()).collect();
        }
        if before.zip(after).is_some_and(|(before, after)| before.claims_like(after)) {
            return BTreeSet::new();
        }
        before.into_iter().chain(after).flat_map(|row| self.contenders(key, row)).collect()
    }
}
