//! Whether a change of a resource drops what protects its external object: the finalizer and the create record. No IO.

use crate::operator::state::cache::marks::Marks;

/// What became of finalizer and create record between two copies of a resource.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Protection {
    /// They are as they were, or more than before.
    Kept,
    /// Somebody dropped one of them, and the operator can put it back.
    Dropped {
        /// The create record, if it is dropped.
        record: Option<String>,
    },
    /// The resource is gone, or nothing keeps it any more while it is being deleted.
    Ended {
        /// The create record that it had.
        record: Option<String>,
    },
}

impl Protection {
    /// Compares a copy with the next one; `now` is absent if the resource is gone.
    pub(crate) fn between(before: &Marks, now: Option<&Marks>) -> Self {
        // By then it had ended already.
        if before.is_deleted && !before.has_finalizer {
            return Self::Kept;
        }
        let record = |marks: &Marks| marks.record.as_deref().map(str::to_owned);
        let Some(now) = now.filter(|now| now.is_same_resource(before)) else {
            return Self::Ended { record: record(before) };
        };
        if now.is_deleted && !now.has_finalizer {
            return Self::Ended { record: record(now).or_else(|| record(before)) };
        }
        let dropped = record(before).filter(|_| now.record.is_none());
        let is_finalizer_dropped = before.has_finalizer && !now.has_finalizer;
        if is_finalizer_dropped || dropped.is_some() { Self::Dropped { record: dropped } } else { Self::Kept }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::FINALIZER;
    use crate::api::annotations::CREATE_INTENT;
    use crate::api::team::Team;

    const GONE: &str = "gone";

    /// A Team: `f` with the finalizer, `r` with a create record, `d` being deleted, `2` another uid.
    fn team(marks: &str) -> Team {
        let has = |mark: char| marks.contains(mark);
        serde_json::from_value(json!({
            "apiVersion": "ping-operator.dev/v1alpha1",
            "kind": "Team",
            "metadata": {
                "name": "t",
                "uid": if has('2') { "2" } else { "1" },
                "finalizers": if has('f') { json!([FINALIZER, "other"]) } else { json!(["other"]) },
                "annotations": if has('r') { json!({ CREATE_INTENT: "{}" }) } else { json!({}) },
                "deletionTimestamp": has('d').then_some("2026-01-01T00:00:00Z"),
            },
            "spec": { "name": "T" },
        }))
        .unwrap()
    }

    #[test]
    fn what_is_dropped_is_told_and_an_end_is_told_once() {
        let dropped = |record: bool| Protection::Dropped { record: record.then(|| "{}".to_owned()) };
        let ended = |record: bool| Protection::Ended { record: record.then(|| "{}".to_owned()) };
        for (before, now, expected) in [
            ("", "fr", Protection::Kept),
            ("fr", "fr", Protection::Kept),
            ("fr", "r", dropped(false)),
            ("fr", "f", dropped(true)),
            ("fr", "", dropped(true)),
            ("", "", Protection::Kept),
            // A finalizer keeps a resource that is being deleted; without one it ends.
            ("fr", "frd", Protection::Kept),
            ("frd", "rd", ended(true)),
            ("fr", "rd", ended(true)),
            ("fr", "d", ended(true)),
            ("rd", "rd", Protection::Kept),
            ("rd", GONE, Protection::Kept),
            ("", GONE, ended(false)),
            ("fr", GONE, ended(true)),
            ("fr", "fr2", ended(true)),
        ] {
            let next = (now != GONE).then(|| Marks::of(&team(now)));
            assert_eq!(Protection::between(&Marks::of(&team(before)), next.as_ref()), expected, "{before} to {now}");
        }
    }
}
