//! The counts of a campaign.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::Verdict;
use crate::worker::Done;

/// The counts of an engine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// The number of modules on which the engine agrees with the oracle.
    pub agreed: u64,
    /// The number of modules on which the engine differs as the specification permits, by reason.
    pub permitted: BTreeMap<String, u64>,
    /// The number of modules that were discarded, by reason.
    pub discarded: BTreeMap<String, u64>,
    /// The number of findings, by the way in which the engine differs.
    pub findings: BTreeMap<String, u64>,
}

impl Counts {
    /// Returns the number of modules that were compared.
    pub fn compared(&self) -> u64 {
        let sum = |map: &BTreeMap<String, u64>| map.values().sum::<u64>();
        self.agreed + sum(&self.permitted) + sum(&self.findings)
    }

    fn add(&mut self, verdict: &Verdict) {
        let (map, reason) = match verdict {
            Verdict::Agrees => return self.agreed += 1,
            Verdict::Permitted(why) => (&mut self.permitted, (*why).to_owned()),
            Verdict::Discarded(why) => (&mut self.discarded, why.clone()),
            Verdict::Differs(difference) => (&mut self.findings, difference.way.name()),
        };
        *map.entry(reason).or_default() += 1;
    }
}

/// The counts of a campaign.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// The number of modules that were made.
    pub modules: u64,
    /// The number of calls of exported functions by the oracle.
    pub calls: u64,
    /// The number of these calls that returned.
    pub returned: u64,
    /// The number of exported functions that cannot be called, because a parameter type has no
    /// value to pass.
    pub uncallable: u64,
    /// The duration in seconds.
    pub seconds: f64,
    /// The counts of each engine, by name.
    pub engines: BTreeMap<String, Counts>,
}

impl Stats {
    /// Returns the number of findings of all engines.
    pub fn findings(&self) -> u64 {
        self.engines.values().flat_map(|counts| counts.findings.values()).sum()
    }

    /// Returns the share of the runs of a module on an engine that were compared, in thousandths.
    pub fn compared_permille(&self) -> u64 {
        let compared: u64 = self.engines.values().map(Counts::compared).sum();
        (1000 * compared).checked_div(self.modules * self.engines.len() as u64).unwrap_or(0)
    }

    pub(crate) fn add(&mut self, done: &Done) {
        self.modules += 1;
        self.calls += done.calls;
        self.returned += done.returned;
        self.uncallable += done.uncallable;
        for (engine, verdict) in &done.verdicts {
            self.engines.entry(engine.clone()).or_default().add(verdict);
        }
    }
}
