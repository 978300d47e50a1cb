//! Who keeps operators running: one that is started again whenever it has ended, or two that take turns.

use std::time::Duration;

use super::Fuse;
use crate::harness::Operator;

/// How many operators there are.
pub(crate) enum Crew {
    /// One, without a lease.
    One,
    /// Two, one of which leads: now and then one of them is asked to end, killed or frozen for a while.
    Two(fastrand::Rng),
}

/// How the operators of a crew are started.
pub(super) struct Start {
    pub(super) kubeconfig: std::path::PathBuf,
    /// The namespace in which its lease is.
    pub(super) namespace: String,
    /// The namespaces that it watches, with commas between them.
    pub(super) watched: String,
    pub(super) flags: Vec<String>,
}

impl Crew {
    /// Whether its operators lead by a lease.
    pub(super) fn elects(&self) -> bool {
        matches!(self, Self::Two(_))
    }

    /// Works for ever.
    pub(super) async fn work(self, start: Start, fuse: Fuse) {
        match self {
            Self::One => one(&start, &fuse).await,
            Self::Two(random) => two(&start, random).await,
        }
    }
}

impl Start {
    fn spawn(&self, more: &[&str]) -> Operator {
        let flags: Vec<_> = self.flags.iter().cloned().chain(more.iter().map(|flag| (*flag).to_owned())).collect();
        let home = if more.is_empty() { &[][..] } else { &[("POD_NAMESPACE", self.namespace.as_str())] };
        Operator::spawn(&self.kubeconfig, &self.watched, &flags, home)
    }
}

async fn one(start: &Start, fuse: &Fuse) {
    loop {
        let mut operator = start.spawn(&[]);
        fuse.runs(operator.id());
        while operator.ended().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn two(start: &Start, mut random: fastrand::Rng) {
    let spawn = || start.spawn(&["--leader-elect"]);
    let mut operators = [spawn(), spawn()];
    for _ in 0..random.usize(2..6) {
        tokio::time::sleep(Duration::from_millis(random.u64(100..4000))).await;
        revived(&mut operators, spawn);
        disturb(&operators[random.usize(0..2)], &mut random).await;
    }
    loop {
        revived(&mut operators, spawn);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn revived(operators: &mut [Operator; 2], spawn: impl Fn() -> Operator) {
    for operator in operators.iter_mut().filter_map(|one| one.ended().is_some().then_some(one)) {
        *operator = spawn();
    }
}

/// Mostly asks it to end: whoever follows one that was killed or is frozen has to wait for the lease to be over.
async fn disturb(operator: &Operator, random: &mut fastrand::Rng) {
    match random.u8(0..6) {
        0..=3 => operator.signal("TERM"),
        4 => operator.signal("KILL"),
        _ => {
            operator.signal("STOP");
            // Shorter than the lease, or longer.
            tokio::time::sleep(Duration::from_secs(random.u64(1..60))).await;
            operator.signal("CONT");
        }
    }
}
