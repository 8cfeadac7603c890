//! What a seed decides before a run begins, and what is counted while it goes on.

use core::ops::AddAssign;

use rejoinder_core::authority::policy::{Policy, Window};
use rejoinder_core::dice::Dice;

use crate::roll::Roll;

/// How rough a run is. Numbers of trouble say once in how many times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Steps before everything is healed.
    pub(crate) steps: usize,
    pub(crate) policy: Policy,
    /// Whether the site keeps former words.
    pub(crate) keeps_former: bool,
    /// Commits that fail, or with which the server dies.
    pub(crate) server_trouble: usize,
    /// Commits of a client with which it dies.
    pub(crate) client_trouble: usize,
    /// Steps in which something happens to the network.
    pub(crate) network_trouble: usize,
    /// Steps in which the server is restored from its backup; 0 for never.
    pub(crate) restores: usize,
    /// Entries that a client lacks before it is answered with a snapshot.
    pub(crate) snapshot_pays: u64,
    /// Of 100 steps, those in which somebody does something.
    pub(crate) busy: usize,
}

impl Plan {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let window = |dice: &mut Dice| match dice.index(6) {
            0 => Window::Last,
            1 => Window::Minutes(10),
            _ => Window::Any,
        };
        let policy = Policy {
            edit: window(dice),
            recall: window(dice),
            visitor_edits: dice.chance(80),
            visitor_recalls: dice.chance(80),
        };
        let steps = 150 + dice.index(250);
        Self {
            steps,
            policy,
            // No roll of its own: it would make other runs of the seeds that are known.
            keeps_former: steps.is_multiple_of(2),
            server_trouble: 20 + dice.index(200),
            client_trouble: 40 + dice.index(400),
            network_trouble: 5 + dice.index(60),
            restores: if dice.chance(35) { 60 + dice.index(100) } else { 0 },
            snapshot_pays: 5 + dice.below(40),
            busy: 15 + dice.index(40),
        }
    }
}

macro_rules! tally {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What happened in a run, or in many.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Tally {
            $($(#[$doc])* pub(crate) $name: u64,)*
        }

        impl AddAssign for Tally {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }

        impl Tally {
            /// What never happened.
            pub(crate) fn never(&self) -> Vec<&'static str> {
                let mut never = Vec::new();
                $(if self.$name == 0 { never.push(stringify!($name)); })*
                never
            }
        }
    };
}

tally! {
    sends,
    notes,
    edits,
    recalls,
    /// Messages taken back before anybody knew of them.
    unsent,
    intents,
    drafts,
    held,
    sent_anyway,
    discarded,
    refusals,
    voids,
    unknown_dependencies,
    collisions,
    moves,
    snapshots,
    restores,
    restarts,
    crashes,
    cuts,
    superseded,
    /// Former words that are kept in the end.
    set_aside,
    /// What the server wrote because it was time to.
    kept_up,
    steps,
    messages,
}
