//! The counts of a campaign.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::Verdict;
use crate::worker::Done;

/// The counts of an engine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Modules on which it agrees.
    pub agreed: u64,
    /// Modules on which it differs as the specification permits, by reason.
    pub permitted: BTreeMap<String, u64>,
    /// Modules that were discarded, by reason.
    pub discarded: BTreeMap<String, u64>,
    /// Findings, by way.
    pub findings: BTreeMap<String, u64>,
}

impl Counts {
    /// Modules that were compared.
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
    /// Modules that were made.
    pub modules: u64,
    /// Calls of exported functions by the oracle.
    pub calls: u64,
    /// The number of these calls that returned.
    pub returned: u64,
    /// Exported functions that cannot be called, because a parameter type has no value to pass.
    pub uncallable: u64,
    /// The duration in seconds.
    pub seconds: f64,
    /// The counts of each engine, by name.
    pub engines: BTreeMap<String, Counts>,
}

impl Stats {
    /// The number of findings of all engines.
    pub fn findings(&self) -> u64 {
        self.engines.values().flat_map(|counts| counts.findings.values()).sum()
    }

    /// How many of 1,000 runs of a module on an engine were compared.
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
