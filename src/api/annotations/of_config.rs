//! The annotations of a config. All but one mean what they mean on a resource. No IO.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::annotations::{APPROVED_PLAN, Annotations, InvalidAnnotation};
use crate::api::approval::plan_hashes;

/// The hashes that a config approves: one for each resource, so it is a list.
///
/// # Errors
/// The first annotation of this operator that has an unknown key or a value that is not allowed.
pub(crate) fn approved_by_config(all: &BTreeMap<String, String>) -> Result<BTreeSet<String>, InvalidAnnotation> {
    let listed = plan_hashes(all.get(APPROVED_PLAN).map(String::as_str).unwrap_or_default());
    let plans = listed.map_err(|seen| InvalidAnnotation::Value {
        key: APPROVED_PLAN,
        allowed: "the hashes of plans, each 64 digits of 0-9 and a-f, separated by commas or spaces",
        seen: seen.to_owned(),
    })?;
    let others = all.iter().filter(|(key, _)| *key != APPROVED_PLAN);
    Annotations::parse(&others.map(|(key, value)| (key.clone(), value.clone())).collect())?;
    Ok(plans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::annotations::ALLOW_DELETION;

    fn approved(pairs: &[(&str, &str)]) -> Result<BTreeSet<String>, InvalidAnnotation> {
        approved_by_config(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_config_approves_a_list_of_plans_and_each_entry_is_a_hash() {
        let (one, other) = ("0123456789abcdef".repeat(4), "f".repeat(64));
        let both = BTreeSet::from([one.clone(), other.clone()]);
        for list in [format!("{one},{other}"), format!(" {one}\n  {other},\n"), format!("{one}, {other} {one}")] {
            assert_eq!(approved(&[(APPROVED_PLAN, &list)]), Ok(both.clone()), "{list:?}");
        }
        for nothing in [&[][..], &[(APPROVED_PLAN, "")]] {
            assert_eq!(approved(nothing), Ok(BTreeSet::new()));
        }
        let error = approved(&[(APPROVED_PLAN, &format!("{one},yes"))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "annotation 'ping-operator.dev/approved-plan' must be the hashes of plans, each 64 digits of 0-9 and a-f, separated by \
             commas or spaces, not 'yes'"
        );
        let longer = approved(&[(APPROVED_PLAN, &format!("{one}0"))]).unwrap_err().to_string();
        assert!(longer.ends_with(&format!("not '{one}…' (65 characters)")), "{longer}");
        assert!(approved(&[(APPROVED_PLAN, &one), (ALLOW_DELETION, "yes")]).is_err());
        assert!(approved(&[("ping-operator.dev/approved-plans", &one)]).is_err());
    }
}
