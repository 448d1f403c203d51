//! The names of core imports and exports, which stand for functions of a world and for built-ins.
//!
//! There are two schemes. In the older one a core import has the names of the interface and the
//! function, as in WIT, and the brackets of built-ins have the keywords of canonical definitions
//! with a hyphen for the dot: `[resource-drop]file`, `[stream-read-0]lines`. In the newer one, all
//! names begin with `cm32p2`.
//!
//! Names are only read and written here; other modules check whether a world has the named items.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/BuildTargets.md>

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use wattle_abi::Mode;
use wattle_ast::ExternKind;
use wattle_ast::components::CanonOp;
use wattle_wit::component_type::StringEncoding;

use crate::world::canonical;

/// A scheme of names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Scheme {
    /// The names of WIT, with annotations in brackets.
    Legacy,
    /// The names of the specification, which begin with `cm32p2`.
    #[default]
    Standard,
}

/// The side of a world that an item belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Side {
    Import,
    Export,
}

/// The beginning of the names of the newer scheme.
pub(crate) const STANDARD: &str = "cm32p2";
/// The module of items that belong to no interface, in the older scheme.
const ROOT: &str = "$root";
const EXPORT: &str = "[export]";
const ASYNC_LOWER: &str = "[async-lower]";
const ASYNC_LIFT: &str = "[async-lift]";
const STACKFUL: &str = "[async-lift-stackful]";
const CALLBACK: &str = "[callback][async-lift]";
const POST_RETURN: &str = "cabi_post_";
const DESTRUCTOR: &str = "[dtor]";
/// Names of exports, of the older scheme, that linkers know too.
pub(crate) const FUNC_TABLE: &str = "__indirect_function_table";
pub(crate) const TASK_HOOK: &str = "__wasm_task_hook";
pub(crate) const INITIALIZE: &str = "_initialize";

/// The name of a core import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ImportName<'n> {
    pub(crate) scheme: Scheme,
    /// The side of the world that the import refers to.
    pub(crate) side: Side,
    /// The interface; `None` for items that belong to the world itself.
    pub(crate) interface: Option<&'n str>,
    pub(crate) item: ImportItem<'n>,
}

/// The item that the name of a core import stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImportItem<'n> {
    /// A function that the world imports.
    Func { name: &'n str, is_async: bool },
    /// A built-in.
    Builtin {
        op: CanonOp,
        /// The text behind the keyword in the brackets: a number, a type, an encoding.
        variant: &'n str,
        /// The resource or function that it is for.
        of: &'n str,
        is_async: bool,
    },
}

impl<'n> ImportName<'n> {
    /// Reads the name of a core import. Returns `None` if it begins with `cm32p2` and does not
    /// follow the newer scheme, or if it is of the older scheme and `legacy` is not set.
    pub(crate) fn parse(module: &'n str, name: &'n str, legacy: bool) -> Option<ImportName<'n>> {
        match module.strip_prefix(STANDARD) {
            Some(module) => ImportName::standard(module, name),
            None if legacy => Some(ImportName::legacy(module, name)),
            None => None,
        }
    }

    fn standard(module: &'n str, name: &'n str) -> Option<ImportName<'n>> {
        let (side, interface) = match module.strip_prefix('|') {
            None if module.is_empty() => (Side::Import, None),
            None => return None,
            Some(interface) => match interface.strip_prefix("_ex_") {
                Some(interface) => (Side::Export, Some(interface)),
                None => (Side::Import, Some(interface)),
            },
        };
        let ops = [
            ("_drop", CanonOp::ResourceDrop),
            ("_new", CanonOp::ResourceNew),
            ("_rep", CanonOp::ResourceRep),
        ];
        // No name of a function has a `_`.
        let builtin = ops.into_iter().find_map(|(suffix, op)| {
            let of = name.strip_suffix(suffix)?;
            Some(ImportItem::Builtin { op, variant: "", of, is_async: false })
        });
        let item = builtin.unwrap_or(ImportItem::Func { name, is_async: false });
        Some(ImportName { scheme: Scheme::Standard, side, interface, item })
    }

    fn legacy(module: &'n str, name: &'n str) -> ImportName<'n> {
        let (side, module) = match module.strip_prefix(EXPORT) {
            Some(module) => (Side::Export, module),
            None => (Side::Import, module),
        };
        let interface = Some(module).filter(|module| *module != ROOT);
        let (is_async, name) = match name.strip_prefix(ASYNC_LOWER) {
            Some(name) => (true, name),
            None => (false, name),
        };
        let brackets = name.strip_prefix('[').and_then(|name| name.split_once(']'));
        let builtin = brackets.and_then(|(inside, of)| {
            let (op, variant) = builtin(inside)?;
            Some(ImportItem::Builtin { op, variant, of, is_async })
        });
        let item = builtin.unwrap_or(ImportItem::Func { name, is_async });
        ImportName { scheme: Scheme::Legacy, side, interface, item }
    }

    /// Returns the module and the name of the import. The newer scheme has names for functions and
    /// for the built-ins of resources alone.
    pub(crate) fn write(&self) -> (String, String) {
        match self.scheme {
            Scheme::Standard => {
                let prefix = if self.side == Side::Export { "_ex_" } else { "" };
                let module = match self.interface {
                    Some(interface) => format!("{STANDARD}|{prefix}{interface}"),
                    None => STANDARD.into(),
                };
                let name = match self.item {
                    ImportItem::Func { name, .. } => name.into(),
                    ImportItem::Builtin { op, of, .. } => {
                        let keyword = op.keyword();
                        let (_, word) = keyword.split_once('.').unwrap_or(("", keyword));
                        format!("{of}_{word}")
                    }
                };
                (module, name)
            }
            Scheme::Legacy => {
                let prefix = if self.side == Side::Export { EXPORT } else { "" };
                let module = format!("{prefix}{}", self.interface.unwrap_or(ROOT));
                let name = match self.item {
                    ImportItem::Func { name, is_async } => {
                        format!("{}{name}", if is_async { ASYNC_LOWER } else { "" })
                    }
                    ImportItem::Builtin { op, variant, of, is_async } => {
                        let lower = if is_async { ASYNC_LOWER } else { "" };
                        let keyword = op.keyword().replace('.', "-");
                        let hyphen = if variant.is_empty() { "" } else { "-" };
                        format!("{lower}[{keyword}{hyphen}{variant}]{of}")
                    }
                };
                (module, name)
            }
        }
    }
}

/// Returns the name of the core export that has a role for a function which the world exports.
/// `interface` is the whole name of its interface.
pub(crate) fn export_name(
    scheme: Scheme,
    interface: Option<&str>,
    func: &str,
    role: Role,
) -> String {
    let interface = interface.map(|interface| match scheme {
        Scheme::Standard => Cow::Owned(canonical(interface)),
        Scheme::Legacy => Cow::Borrowed(interface),
    });
    let interface = interface.as_deref();
    ExportName::Func { scheme, interface, name: func, role }.write(scheme)
}

/// Returns the built-in that the text in brackets names, and the text behind the keyword.
fn builtin(inside: &str) -> Option<(CanonOp, &str)> {
    let after = |op: CanonOp| {
        let keyword = op.keyword();
        let (front, rest) = inside.split_at_checked(keyword.len())?;
        let pairs = front.bytes().zip(keyword.bytes());
        let is_keyword = pairs.clone().all(|(a, b)| a == if b == b'.' { b'-' } else { b });
        match rest.strip_prefix('-') {
            Some(variant) if is_keyword => Some((op, variant)),
            None if is_keyword && rest.is_empty() => Some((op, rest)),
            _ => None,
        }
    };
    let ops = CanonOp::ALL.iter().filter(|op| op.is_built_in());
    // `thread.suspend` is the beginning of other keywords.
    ops.filter_map(|op| after(*op)).min_by_key(|(_, variant)| variant.len())
}

/// Returns the string encoding that the names of built-ins state by a word of the text format.
pub(crate) fn encoding(word: &str) -> Option<StringEncoding> {
    use StringEncoding::{CompactUtf16, Utf8, Utf16};
    let word_of = |encoding: StringEncoding| encoding.opt().keyword().split_once('=');
    [Utf8, Utf16, CompactUtf16]
        .into_iter()
        .find(|encoding| word_of(*encoding).is_some_and(|(_, of)| of == word))
}

/// A `realloc` of a core module, by its purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Realloc {
    Any,
    Imports,
    Exports,
    Adapters,
}

/// The name of a core export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExportName<'n> {
    Memory,
    Realloc(Realloc),
    Initialize,
    /// The table of the functions that threads begin with.
    FuncTable,
    /// The function that is called when tasks begin and end.
    TaskHook,
    /// A function that the world exports, if it has one of this name.
    Func {
        scheme: Scheme,
        interface: Option<&'n str>,
        name: &'n str,
        role: Role,
    },
    /// The destructor of a resource.
    Destructor {
        scheme: Scheme,
        interface: &'n str,
        resource: &'n str,
    },
}

/// The role of a core function for a function that the world exports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    /// It is lifted.
    Lift(Mode),
    /// It is called when the results have been read.
    PostReturn,
    /// It is called with events.
    Callback,
}

impl<'n> ExportName<'n> {
    /// Reads the name of a core export. Returns `None` if it has no meaning for components, or if
    /// it is of the older scheme and `legacy` is not set.
    pub(crate) fn parse(name: &'n str, kind: ExternKind, legacy: bool) -> Option<ExportName<'n>> {
        let realloc = match name {
            "canonical_abi_realloc" => Some(Realloc::Any),
            "cabi_import_realloc" => Some(Realloc::Imports),
            "cabi_export_realloc" => Some(Realloc::Exports),
            "cabi_realloc_adapter" => Some(Realloc::Adapters),
            _ => None,
        };
        if kind == ExternKind::Func
            && let Some(realloc) = realloc
        {
            return Some(ExportName::Realloc(realloc));
        }
        match name.strip_prefix(STANDARD) {
            Some(name) => ExportName::standard(name, kind),
            None if legacy => ExportName::legacy(name, kind),
            None => None,
        }
    }

    fn standard(name: &'n str, kind: ExternKind) -> Option<ExportName<'n>> {
        let scheme = Scheme::Standard;
        match (kind, name) {
            (ExternKind::Mem, "_memory") => return Some(ExportName::Memory),
            (ExternKind::Func, "_realloc") => return Some(ExportName::Realloc(Realloc::Any)),
            (ExternKind::Func, "_initialize") => return Some(ExportName::Initialize),
            (ExternKind::Func, _) => {}
            _ => return None,
        }
        let (interface, name) = name.strip_prefix('|')?.split_once('|')?;
        if let Some(resource) = name.strip_suffix("_dtor") {
            return Some(ExportName::Destructor { scheme, interface, resource });
        }
        let (name, role) = match name.strip_suffix("_post") {
            Some(name) => (name, Role::PostReturn),
            None => (name, Role::Lift(Mode::Sync)),
        };
        let interface = Some(interface).filter(|interface| !interface.is_empty());
        Some(ExportName::Func { scheme, interface, name, role })
    }

    fn legacy(name: &'n str, kind: ExternKind) -> Option<ExportName<'n>> {
        let scheme = Scheme::Legacy;
        match (kind, name) {
            (ExternKind::Mem, "memory") => return Some(ExportName::Memory),
            (ExternKind::Table, FUNC_TABLE) => return Some(ExportName::FuncTable),
            (ExternKind::Func, "cabi_realloc") => return Some(ExportName::Realloc(Realloc::Any)),
            (ExternKind::Func, INITIALIZE) => return Some(ExportName::Initialize),
            (ExternKind::Func, TASK_HOOK) => return Some(ExportName::TaskHook),
            (ExternKind::Func, _) => {}
            _ => return None,
        }
        let roles = [
            (CALLBACK, Role::Callback),
            (STACKFUL, Role::Lift(Mode::Stackful)),
            (ASYNC_LIFT, Role::Lift(Mode::Callback)),
            (POST_RETURN, Role::PostReturn),
        ];
        let role =
            roles.into_iter().find_map(|(prefix, role)| Some((name.strip_prefix(prefix)?, role)));
        let (name, role) = role.unwrap_or((name, Role::Lift(Mode::Sync)));
        let (interface, name) = match name.split_once('#') {
            Some((interface, name)) => (Some(interface), name),
            None => (None, name),
        };
        Some(match (interface, name.strip_prefix(DESTRUCTOR)) {
            (Some(interface), Some(resource)) => {
                ExportName::Destructor { scheme, interface, resource }
            }
            _ => ExportName::Func { scheme, interface, name, role },
        })
    }

    /// Returns the name of the export.
    pub(crate) fn write(&self, scheme: Scheme) -> String {
        let is_standard = scheme == Scheme::Standard;
        match *self {
            ExportName::Memory if is_standard => format!("{STANDARD}_memory"),
            ExportName::Memory => "memory".into(),
            ExportName::Realloc(Realloc::Any) if is_standard => format!("{STANDARD}_realloc"),
            ExportName::Realloc(Realloc::Any) => "cabi_realloc".into(),
            ExportName::Realloc(Realloc::Imports) => "cabi_import_realloc".into(),
            ExportName::Realloc(Realloc::Exports) => "cabi_export_realloc".into(),
            ExportName::Realloc(Realloc::Adapters) => "cabi_realloc_adapter".into(),
            ExportName::Initialize if is_standard => format!("{STANDARD}_initialize"),
            ExportName::Initialize => INITIALIZE.into(),
            ExportName::FuncTable => FUNC_TABLE.into(),
            ExportName::TaskHook => TASK_HOOK.into(),
            ExportName::Destructor { interface, resource, .. } if is_standard => {
                format!("{STANDARD}|{interface}|{resource}_dtor")
            }
            ExportName::Destructor { interface, resource, .. } => {
                format!("{interface}#{DESTRUCTOR}{resource}")
            }
            ExportName::Func { interface, name, role, .. } if is_standard => {
                let suffix = if role == Role::PostReturn { "_post" } else { "" };
                format!("{STANDARD}|{}|{name}{suffix}", interface.unwrap_or_default())
            }
            ExportName::Func { interface, name, role, .. } => {
                let prefix = match role {
                    Role::Lift(Mode::Sync) => "",
                    Role::Lift(Mode::Stackful) => STACKFUL,
                    Role::Lift(Mode::Callback) => ASYNC_LIFT,
                    Role::PostReturn => POST_RETURN,
                    Role::Callback => CALLBACK,
                };
                let hash = if interface.is_some() { "#" } else { "" };
                format!("{prefix}{}{hash}{name}", interface.unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin_of(
        module: &'static str,
        name: &'static str,
    ) -> (Side, CanonOp, &'static str, &'static str, bool) {
        let parsed = ImportName::parse(module, name, true).unwrap();
        let ImportItem::Builtin { op, variant, of, is_async } = parsed.item else {
            panic!("{parsed:?}")
        };
        assert_eq!(parsed.write(), (module.into(), name.into()));
        (parsed.side, op, variant, of, is_async)
    }

    #[test]
    fn names_of_builtins_are_the_keywords_of_canonical_definitions() {
        use Side::{Export, Import};
        for (module, name, expected) in [
            ("a:b/c", "[resource-drop]r", (Import, CanonOp::ResourceDrop, "", "r", false)),
            ("[export]a:b/c", "[resource-new]r", (Export, CanonOp::ResourceNew, "", "r", false)),
            ("cm32p2|_ex_a:b/c@1", "r_rep", (Export, CanonOp::ResourceRep, "", "r", false)),
            ("cm32p2", "r_drop", (Import, CanonOp::ResourceDrop, "", "r", false)),
            ("[export]$root", "[task-return]f", (Export, CanonOp::TaskReturn, "", "f", false)),
            (
                "$root",
                "[async-lower][stream-cancel-read-12]f",
                (Import, CanonOp::StreamCancelRead, "12", "f", true),
            ),
            ("i", "[future-new-unit]", (Import, CanonOp::FutureNew, "unit", "", false)),
            (
                "$root",
                "[error-context-new-latin1+utf16]",
                (Import, CanonOp::ErrorContextNew, "latin1+utf16", "", false),
            ),
            ("$root", "[context-get-i64-0]", (Import, CanonOp::ContextGet, "i64-0", "", false)),
            ("$root", "[thread-suspend]", (Import, CanonOp::ThreadSuspend, "", "", false)),
            (
                "$root",
                "[thread-suspend-then-resume]",
                (Import, CanonOp::ThreadSuspendThenResume, "", "", false),
            ),
            (
                "$root",
                "[thread-new-indirect-v0]",
                (Import, CanonOp::ThreadNewIndirect, "v0", "", false),
            ),
        ] {
            assert_eq!(builtin_of(module, name), expected, "{name}");
        }
    }

    #[test]
    fn other_imports_are_functions() {
        for (module, name, interface, func, is_async) in [
            ("$root", "f", None, "f", false),
            ("a:b/c@1.0.0", "[method]r.f", Some("a:b/c@1.0.0"), "[method]r.f", false),
            ("i", "[async-lower][lower]f", Some("i"), "[lower]f", true),
            ("cm32p2|i", "[static]r.f", Some("i"), "[static]r.f", false),
        ] {
            let parsed = ImportName::parse(module, name, true).unwrap();
            assert_eq!(parsed.item, ImportItem::Func { name: func, is_async }, "{name}");
            assert_eq!(parsed.interface, interface);
            assert_eq!(parsed.write(), (module.into(), name.into()));
        }
        assert_eq!(ImportName::parse("cm32p2x", "f", true), None);
        assert_eq!(ImportName::parse("i", "f", false), None);
    }

    #[test]
    fn names_of_exports() {
        let names = [
            "memory",
            "cm32p2_memory",
            "cabi_realloc",
            "cm32p2_realloc",
            "cabi_import_realloc",
            "cabi_export_realloc",
            "cabi_realloc_adapter",
            "_initialize",
            "cm32p2_initialize",
            "__indirect_function_table",
            "__wasm_task_hook",
            "f",
            "a:b/c@1.0.0#[method]r.f",
            "cabi_post_i#f",
            "[async-lift]i#f",
            "[callback][async-lift]i#f",
            "[async-lift-stackful]f",
            "i#[dtor]r",
            "cm32p2||f",
            "cm32p2|i|f_post",
            "cm32p2|i|r_dtor",
        ];
        for name in names {
            let kind = match name {
                "memory" | "cm32p2_memory" => ExternKind::Mem,
                "__indirect_function_table" => ExternKind::Table,
                _ => ExternKind::Func,
            };
            let parsed = ExportName::parse(name, kind, true).unwrap();
            let scheme = if name.starts_with(STANDARD) { Scheme::Standard } else { Scheme::Legacy };
            assert_eq!(parsed.write(scheme), name);
            let is_of_both =
                matches!(parsed, ExportName::Realloc(realloc) if realloc != Realloc::Any);
            let without_legacy = ExportName::parse(name, kind, false).is_some();
            assert_eq!(without_legacy, scheme == Scheme::Standard || is_of_both, "{name}");
        }
        assert_eq!(
            ExportName::parse("memory", ExternKind::Func, true).unwrap().write(Scheme::Legacy),
            "memory"
        );
        assert_eq!(ExportName::parse("memory", ExternKind::Global, true), None);
    }
}
