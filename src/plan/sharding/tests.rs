//! Which replica is to hold which shard, for random members.

use super::*;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("ping-operator-7d9f8b6c5-{number:05x}")).collect()
}

fn owners(shards: u16, members: &[String]) -> BTreeMap<Shard, &str> {
    assignment(Shards::new(shards), &members.iter().map(String::as_str).collect())
}

#[test]
fn the_hash_is_fnv_1a_and_a_shard_is_a_range_of_it() {
    for (text, hash) in [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)] {
        assert_eq!(fnv1a(text), hash, "{text}");
    }
    for (shards, expected) in [(1, 0), (2, 1), (16, 10), (256, 0xaf)] {
        assert_eq!(Shards::new(shards).of("a"), Shard(expected), "{shards}");
    }
    let mut random = fastrand::Rng::with_seed(1);
    let mut counts = BTreeMap::<_, usize>::new();
    for _ in 0..16_000 {
        *counts.entry(Shards::new(16).of(&format!("{:032x}", random.u128(..)))).or_default() += 1;
    }
    assert!(counts.len() == 16 && counts.values().all(|count| (800..1200).contains(count)), "{counts:?}");
}

#[test]
fn every_shard_has_one_owner_and_no_member_more_than_its_part() {
    assert!(owners(16, &[]).is_empty());
    for shards in [1, 2, 3, 15, 16, 64, 256] {
        for count in 1..=20 {
            let members = names(count);
            let owners = owners(shards, &members);
            assert!(owners.keys().copied().eq(Shards::new(shards).all()), "{shards} {count}");
            let most = usize::from(shards).div_ceil(count);
            for member in &members {
                let load = owners.values().filter(|owner| **owner == member).count();
                assert!(load <= most, "{shards} {count}: {load}");
            }
        }
    }
}

#[test]
fn few_shards_move_when_a_member_comes_or_goes() {
    for shards in [16, 64, 256] {
        let (mut moved, mut needed) = (0, 0);
        for count in 1..12 {
            let members = names(count + 1);
            for gone in 0..=count {
                let mut fewer = members.clone();
                fewer.remove(gone);
                let (with, without) = (owners(shards, &members), owners(shards, &fewer));
                moved += with.iter().filter(|(shard, owner)| without[*shard] != **owner).count();
                needed += with.values().filter(|owner| **owner == members[gone]).count();
            }
        }
        // Those of the member itself must move; the bound of a part moves some others.
        assert!(moved * 2 <= needed * 3, "{shards}: {moved} of {needed}");
    }
}

#[test]
fn a_shard_is_taken_from_nobody_and_given_back_only_to_whom_it_is_assigned() {
    for (holder, assigned, other) in [
        (Holder::Here, ShardStep::Keep, ShardStep::Drain),
        (Holder::Draining, ShardStep::Drain, ShardStep::Drain),
        (Holder::Another, ShardStep::Leave, ShardStep::Leave),
        (Holder::Nobody, ShardStep::Take, ShardStep::Leave),
    ] {
        assert_eq!((next_step(true, holder), next_step(false, holder)), (assigned, other), "{holder:?}");
    }
}

#[test]
fn the_number_of_a_shard_is_below_their_count() {
    let shards = Shards::new(16);
    assert_eq!(shards.numbered("15"), Some(Shard(15)));
    assert!(["16", "-1", "", "x", "70000"].iter().all(|text| shards.numbered(text).is_none()));
}
