//! The faults that are on, and the one place where a strike is decided and counted.

use super::points::{Admission, Behaviour, Chunk, Cut, Life};
use super::{Fault, Kind};
use crate::counters::Counters;
use crate::luck::Luck;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The faults of a proxy. They can be switched at any time, and whoever waits is told.
#[derive(Debug)]
pub(crate) struct Faults {
    on: watch::Sender<Set>,
    counters: Arc<Counters>,
}

/// The faults that are on at one moment.
pub(crate) type Set = Arc<Vec<Arc<Active>>>;

/// A fault that is on.
pub(crate) struct Active {
    fault: Fault,
    since: Instant,
    counters: Arc<Counters>,
}

/// Who and what is struck, as far as the scope of a fault asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) luck: &'a Luck,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>, counters: Arc<Counters>) -> Self {
        let empty = Self {
            on: watch::Sender::default(),
            counters,
        };
        empty.replace(faults);
        empty
    }

    /// Switches all faults off and these on.
    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        self.on.send_replace(Arc::new(self.activate(faults)));
    }

    /// Switches these on too.
    pub(crate) fn add(&self, faults: Vec<Fault>) {
        let added = self.activate(faults);
        self.on
            .send_modify(|set| *set = set.iter().cloned().chain(added).collect::<Vec<_>>().into());
    }

    /// Switches off all faults of these names.
    pub(crate) fn remove(&self, names: &[&str]) {
        let stays = |active: &&Arc<Active>| !names.contains(&active.kind().name);
        self.on
            .send_modify(|set| *set = set.iter().filter(stays).cloned().collect::<Vec<_>>().into());
    }

    fn activate(&self, faults: Vec<Fault>) -> Vec<Arc<Active>> {
        let since = Instant::now();
        let activate = |fault| Active {
            fault,
            since,
            counters: Arc::clone(&self.counters),
        };
        faults.into_iter().map(activate).map(Arc::new).collect()
    }

    pub(crate) fn now(&self) -> Set {
        self.on.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Set> {
        self.on.subscribe()
    }

    /// The first decision that a fault makes here.
    pub(crate) fn first<D>(
        &self,
        place: Place<'_>,
        ask: impl Fn(&dyn Behaviour) -> Option<D>,
    ) -> Option<D> {
        self.now()
            .iter()
            .find_map(|active| active.strike(place, &ask))
    }

    /// What all faults together add to the way of these bytes.
    pub(crate) fn delay(&self, chunk: Chunk, luck: &Luck) -> Duration {
        let set = self.on.borrow();
        let delays = set.iter().filter_map(|active| {
            let delay = luck.draw(|luck| active.fault.behaviour.delay(chunk, luck))?;
            active.count();
            Some(delay)
        });
        delays.sum()
    }

    /// Each fault's word on a client that has connected.
    pub(crate) fn admissions(&self, luck: &Luck) -> Vec<Admission> {
        let place = Place { path: "/", luck };
        let set = self.now();
        let strikes = set
            .iter()
            .filter_map(|active| active.strike(place, |fault| fault.accept()));
        strikes.collect()
    }
}

/// The cut that comes first for a connection opened then, and the fault that makes it.
pub(crate) fn cut(set: &Set, opened: Instant) -> Option<(Arc<Active>, Cut)> {
    let cuts = set.iter().filter_map(|active| {
        let life = Life {
            opened,
            fault_since: active.since,
        };
        let cut = active.fault.behaviour.line(life)?;
        Some((Arc::clone(active), cut))
    });
    cuts.min_by_key(|(_, cut)| cut.urgency())
}

impl Cut {
    /// A stalled connection does not live to be idle.
    fn urgency(&self) -> (u8, Duration, Option<Instant>) {
        match self {
            Self::Stalled { until, .. } => (0, Duration::ZERO, Some(*until)),
            Self::Idle { after, .. } => (1, *after, None),
        }
    }
}

impl Active {
    pub(crate) const fn kind(&self) -> &'static Kind {
        self.fault.kind
    }

    /// What the fault decides here, if it decides anything, covers the place, and the draw is for it.
    pub(crate) fn strike<D>(
        &self,
        place: Place<'_>,
        ask: impl Fn(&dyn Behaviour) -> Option<D>,
    ) -> Option<D> {
        let scope = &self.fault.scope;
        let covered = scope.covers(place.path);
        let decision = covered.then(|| ask(&*self.fault.behaviour)).flatten()?;
        if !place.luck.draw(|luck| scope.draw(luck)) {
            return None;
        }
        self.count();
        Some(decision)
    }

    pub(crate) fn count(&self) {
        self.counters.struck(self.kind().name);
    }
}

impl fmt::Display for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl fmt::Debug for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Active")
            .field("fault", &self.fault)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}
