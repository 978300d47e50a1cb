//! A schedule as a story that can be told, shrunk and described.

use std::fmt::Debug;

use super::chaos::Mutant;

/// What happens in order, and what must hold.
pub(super) trait Tale: Clone {
    type Event: Debug;

    fn generated(seed: u64) -> Self;
    /// Plays it, and then lets everything come to rest.
    fn tell(&self, mutant: Option<Mutant>) -> Result<(), String>;
    fn events(&mut self) -> &mut Vec<Self::Event>;

    /// The shortest story of those that leave events out and still break an oracle.
    fn shrunk(&self, mutant: Option<Mutant>) -> Self {
        let mut story = self.clone();
        let mut at = 0;
        while at < story.events().len() {
            let mut shorter = story.clone();
            shorter.events().remove(at);
            if shorter.tell(mutant).is_err() {
                (story, at) = (shorter, 0);
            } else {
                at += 1;
            }
        }
        story
    }

    fn describe(mut self, mutant: Option<Mutant>, first: &str) -> String {
        let broken = self.tell(mutant).err();
        let events: Vec<_> = self.events().iter().map(|event| format!("  {event:?}")).collect();
        format!("{}\nbecause of\n{}", broken.as_deref().unwrap_or(first), events.join("\n"))
    }
}
