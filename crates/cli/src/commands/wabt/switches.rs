//! `--enable-X` and `--disable-X`, the options of WABT for features.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use wattle::{Feature, Features};

use crate::input::FeatureList;

/// The options for a feature of WABT, and the features of Wattle that they stand for.
struct Switch {
    enable: &'static str,
    disable: &'static str,
    features: &'static [Feature],
}

macro_rules! switches {
    ($( $name:literal: [$( $feature:ident )*], )*) => {
        const SWITCHES: &[Switch] = &[ $( Switch {
            enable: concat!("enable-", $name),
            disable: concat!("disable-", $name),
            features: &[ $( Feature::$feature ),* ],
        }, )* ];
    };
}

switches! {
    "exceptions": [Exceptions LegacyExceptions],
    // Mutable globals are part of the MVP here.
    "mutable-globals": [],
    "saturating-float-to-int": [SaturatingFloatToInt],
    "sign-extension": [SignExtension],
    "simd": [Simd],
    "threads": [Threads],
    "function-references": [FunctionReferences],
    "multi-value": [MultiValue],
    "tail-call": [TailCall],
    "bulk-memory": [BulkMemory],
    "reference-types": [ReferenceTypes],
    "annotations": [Annotations],
    // Custom sections of this kind are always read.
    "code-metadata": [],
    "gc": [Gc],
    "memory64": [Memory64],
    "multi-memory": [MultiMemory],
    "extended-const": [ExtendedConst],
    "relaxed-simd": [RelaxedSimd],
    "custom-page-sizes": [CustomPageSizes],
    "compact-imports": [CompactImports],
    "wide-arithmetic": [WideArithmetic],
}

const ENABLE_ALL: &str = "enable-all";
const HEADING: &str = "Features, by WABT's names";

/// The switches that were given.
pub(super) struct Switches {
    all: bool,
    enabled: Vec<Features>,
    disabled: Vec<Features>,
}

impl Switches {
    /// Returns the features of a list, or the default ones, with the changes of the switches.
    pub(super) fn apply(&self, list: Option<FeatureList>) -> FeatureList {
        let list = if self.all { Some(FeatureList::all()) } else { list };
        let mut list = list.unwrap_or_default();
        self.enabled.iter().for_each(|&features| list.add(features));
        self.disabled.iter().for_each(|&features| list.remove(features));
        list
    }
}

impl FromArgMatches for Switches {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Switches, clap::Error> {
        let given = |option: fn(&Switch) -> &'static str| {
            let given = SWITCHES.iter().filter(|switch| matches.get_flag(option(switch)));
            given.map(|switch| switch.features.iter().copied().collect()).collect()
        };
        Ok(Switches {
            all: matches.get_flag(ENABLE_ALL),
            enabled: given(|switch| switch.enable),
            disabled: given(|switch| switch.disable),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Switches::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Switches {
    fn augment_args(command: Command) -> Command {
        let option = |name| {
            Arg::new(name).long(name).action(ArgAction::SetTrue).help_heading(HEADING).hide(true)
        };
        let all = option(ENABLE_ALL).hide(false);
        let all = all.help("All features; --enable-X and --disable-X choose single ones");
        SWITCHES.iter().fold(command.arg(all), |command, switch| {
            command.arg(option(switch.enable)).arg(option(switch.disable))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Switches::augment_args(command)
    }
}
