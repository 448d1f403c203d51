//! Reports: a folder for each finding, with all the files that reproduce it.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use wattle_ast::Shown;
use wattle_smith::Config;

use crate::case::Case;
use crate::compare::Difference;
use crate::ending::{Ending, Run};

/// The origin of a module of a campaign.
#[derive(Clone, PartialEq, Debug)]
pub enum Origin {
    /// The generator made it with this configuration.
    Generated(Box<Config>),
    /// The module is a mutant of the module with this name.
    Mutant(String),
}

/// A difference found in a campaign, with its minimised module.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// The generator's configuration or the original module that, with the seed, gives the module.
    pub origin: Origin,
    /// The name of the engine.
    pub engine: String,
    /// The difference that the minimised module shows.
    pub difference: Difference,
    /// The minimised case.
    pub case: Case,
    /// The module before it was minimised, as a binary.
    pub original: Vec<u8>,
    /// The oracle's run of the minimised case.
    pub expected: Run,
    /// Each engine's run of it, by the name of the engine.
    pub runs: Vec<(String, Run)>,
}

impl Finding {
    /// The name of the finding's folder.
    pub fn folder_name(&self) -> String {
        format!("{}-{}-{}", self.seed, self.engine, self.difference.way.name())
    }

    /// Writes the finding's folder into `folder`, and returns its path. The folder holds
    /// `module.wasm`, `module.wat`, `original.wasm`, `repro.wat` (the closed form: one module,
    /// whose exports show the difference), `provider.wasm` and `adapter.wasm`, `seed`,
    /// `config.json` of a generated module, `report.json` and `report.md`.
    ///
    /// # Errors
    /// The errors of creating and writing files.
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
        if let Origin::Generated(config) = &self.origin {
            file("config.json", &serde_json::to_vec_pretty(config)?)?;
        }
        let runs = self.runs.iter().map(|(name, run)| json!({ "name": name, "run": run }));
        let json = json!({
            "seed": self.seed,
            "engine": self.engine,
            "difference": self.difference,
            "probes": self.case.probes.iter().map(|probe| &probe.label).collect::<Vec<_>>(),
            "oracle": self.expected,
            "engines": runs.collect::<Vec<_>>(),
        });
        file("report.json", &serde_json::to_vec_pretty(&json)?)?;
        file("report.md", self.markdown().as_bytes())?;
        Ok(path)
    }

    fn markdown(&self) -> String {
        let Difference { place, expected, actual, .. } = &self.difference;
        let (seed, engine) = (self.seed, &self.engine);
        let origin = match &self.origin {
            Origin::Generated(_) => format!(
                "`config.json` made the module; `wattle smith --config config.json {seed}`\nmakes it \
                 again."
            ),
            Origin::Mutant(name) => format!(
                "The module is a mutant of {}: `wattle mutate --seed {seed}` makes it again, with\n\
                 the features of the campaign.",
                Shown(name)
            ),
        };
        let mut text = format!(
            "# {}: {place}\n\n\
             Seed {seed}. {origin} `module.wat` is what is left of it.\n\n\
             - oracle: {expected}\n- {engine}: {actual}\n\n",
            self.folder_name()
        );
        let mut row = |cells: Vec<String>| {
            let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
            text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        };
        let runs = || std::iter::once(&self.expected).chain(self.runs.iter().map(|(_, run)| run));
        let names = self.runs.iter().map(|(name, _)| name.clone());
        row(["probe".into(), "oracle".into()].into_iter().chain(names).collect());
        row(vec!["---".into(); 2 + self.runs.len()]);
        let show = |ending: &Ending| serde_json::to_string(ending).unwrap_or_default();
        let starts = runs().map(|run| show(&run.start));
        row(std::iter::once("instantiation".into()).chain(starts).collect());
        for (at, probe) in self.case.probes.iter().enumerate() {
            let endings = runs().map(|run| run.probes.get(at).map_or(String::new(), show));
            row(std::iter::once(probe.label.clone()).chain(endings).collect());
        }
        text + &format!("\n```wat\n{}```\n", wattle_printer::print(&self.case.module))
    }
}
