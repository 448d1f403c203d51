//! Reports: a folder for each finding, with everything that is needed to reproduce it.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use wattle_smith::Config;

use crate::case::Case;
use crate::compare::Difference;
use crate::ending::{Ending, Run};

/// A difference that was found, with its minimised module.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// The configuration that made the module, with the seed.
    pub config: Config,
    /// The name of the engine.
    pub engine: String,
    /// How it differs on the minimised module.
    pub difference: Difference,
    /// The minimised case.
    pub case: Case,
    /// The module before it was minimised, as a binary.
    pub original: Vec<u8>,
    /// What the oracle did with the minimised case.
    pub expected: Run,
    /// What each engine did with it, by name.
    pub runs: Vec<(String, Run)>,
}

#[derive(Serialize)]
struct Json<'f> {
    seed: u64,
    engine: &'f str,
    difference: &'f Difference,
    probes: Vec<&'f str>,
    oracle: &'f Run,
    engines: Vec<Named<'f>>,
}

#[derive(Serialize)]
struct Named<'f> {
    name: &'f str,
    run: &'f Run,
}

impl Finding {
    /// The name of its folder.
    pub fn folder_name(&self) -> String {
        format!("{}-{}-{}", self.seed, self.engine, self.difference.way.name())
    }

    /// Writes its folder into `folder`, and gives the path: `module.wasm`, `module.wat`,
    /// `original.wasm`, `repro.wat` (the closed form: one module, whose exports show the
    /// difference), `provider.wasm` and `adapter.wasm`, `seed`, `config.json`, `report.json`,
    /// `report.md`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(self.folder_name());
        std::fs::create_dir_all(&path)?;
        let file = |name: &str, bytes: &[u8]| std::fs::write(path.join(name), bytes);
        file("module.wasm", &self.case.binaries.module)?;
        file("module.wat", wattle_printer::print(&self.case.module).as_bytes())?;
        file("original.wasm", &self.original)?;
        file("provider.wasm", &self.case.binaries.provider)?;
        file("adapter.wasm", &self.case.binaries.adapter)?;
        file("repro.wat", wattle_printer::print(&self.case.closed().module).as_bytes())?;
        file("seed", format!("{}\n", self.seed).as_bytes())?;
        file("config.json", &serde_json::to_vec_pretty(&self.config)?)?;
        let json = Json {
            seed: self.seed,
            engine: &self.engine,
            difference: &self.difference,
            probes: self.case.probes.iter().map(|probe| probe.label.as_str()).collect(),
            oracle: &self.expected,
            engines: self.runs.iter().map(|(name, run)| Named { name, run }).collect(),
        };
        file("report.json", &serde_json::to_vec_pretty(&json)?)?;
        file("report.md", self.markdown().as_bytes())?;
        Ok(path)
    }

    fn markdown(&self) -> String {
        use std::fmt::Write;
        let Difference { place, expected, actual, .. } = &self.difference;
        let mut text = format!("# {}: {place}\n\n", self.folder_name());
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "Seed {}. `config.json` made the module; `wattle smith --config config.json {}` makes\n\
             it again. `module.wat` is what is left of it.\n\n\
             - oracle: {expected}\n- {}: {actual}\n\n| probe | oracle |",
            self.seed, self.seed, self.engine
        );
        for (name, _) in &self.runs {
            let _ = write!(text, " {name} |");
        }
        text.push_str("\n|---|---|");
        text.push_str(&"---|".repeat(self.runs.len()));
        text.push('\n');
        let mut row = |label: &str, of: &dyn Fn(&Run) -> Option<&Ending>| {
            let _ = write!(text, "| {label} |");
            for run in std::iter::once(&self.expected).chain(self.runs.iter().map(|(_, run)| run)) {
                let ending =
                    of(run).map(|ending| serde_json::to_string(ending).unwrap_or_default());
                let _ = write!(text, " {} |", ending.unwrap_or_default().replace('|', "\\|"));
            }
            text.push('\n');
        };
        row("instantiation", &|run| Some(&run.start));
        for (at, probe) in self.case.probes.iter().enumerate() {
            row(&probe.label.replace('|', "\\|"), &|run| run.probes.get(at));
        }
        let _ = write!(text, "\n```wat\n{}```\n", wattle_printer::print(&self.case.module));
        text
    }
}
