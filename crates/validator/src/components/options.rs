//! Options of canonical definitions.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canonopt-validation>

use alloc::string::{String, ToString};

use wattle_ast::components::{CanonOp, CanonOpt, Sort};
use wattle_ast::{AddrType, Feature, FuncType, ValType};

use super::core_types::{CoreItem, shown_func};
use super::error::{ComponentErrorKind as K, Leaf};
use super::scope::CoreType;
use super::validator::{Checked, Validator};
use crate::ErrorKind;
use crate::registry::{Structure, TypeId};
use crate::ty::Ty;

/// Options that are consistent with each other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) encoding: Option<&'static str>,
    memory: Option<AddrType>,
    realloc: Option<u32>,
    pub(crate) post_return: Option<u32>,
    pub(crate) is_async: bool,
    pub(crate) callback: Option<u32>,
    pub(crate) core_type: Option<TypeId>,
    pub(crate) gc: bool,
}

/// The reason why values need memory, as help.
const MEMORY: &str =
    ": strings, lists and maps lie in it, and values of many parts are passed there";
/// The reason why values need a function that allocates, as help.
const REALLOC: &str =
    ": it allocates memory for what is passed in: strings, lists, maps and values of many parts";

impl Options {
    /// The address type of the memory; that of 32 bits if there is none.
    pub(crate) fn addr(&self) -> AddrType {
        self.memory.unwrap_or(AddrType::I32)
    }

    /// Checks that there is a memory, and a function that allocates, if they are needed.
    pub(crate) fn require(&self, memory: bool, realloc: bool) -> Checked {
        if (memory || realloc) && self.memory.is_none() {
            return Err(K::OptionRequired { option: "memory", why: MEMORY }.into());
        }
        if realloc && self.realloc.is_none() {
            return Err(K::OptionRequired { option: "realloc", why: REALLOC }.into());
        }
        Ok(())
    }

    /// Refuses `post-return` and `callback`, which only lifted functions may have.
    pub(crate) fn require_lower(&self) -> Checked {
        if self.post_return.is_some() {
            return Err(K::OptionLower { option: "post-return" }.into());
        }
        if self.callback.is_some() {
            return Err(K::OptionLower { option: "callback" }.into());
        }
        if self.gc && self.core_type.is_none() {
            return Err(K::GcWithoutCoreType.into());
        }
        Ok(())
    }

    /// Checks that options are absent that `op` cannot have.
    pub(crate) fn forbid(&self, op: CanonOp, options: &[&'static str]) -> Checked {
        for &option in options {
            let is_there = match option {
                "async" => self.is_async,
                "realloc" => self.realloc.is_some(),
                "post-return" => self.post_return.is_some(),
                _ => false,
            };
            if is_there {
                return Err(K::OptionForbidden { option, op: op.keyword() }.into());
            }
        }
        Ok(())
    }
}

/// Sets an option that may occur once.
fn once<T>(option: &'static str, slot: &mut Option<T>, value: T) -> Checked {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(K::DuplicateOption { option }.into()),
    }
}

impl Validator {
    /// Checks each option, and that they are consistent with each other.
    pub(crate) fn options(&self, list: &[CanonOpt]) -> Checked<Options> {
        self.at_most("canonical options", list.len(), self.limits.canon_opts)?;
        let mut options = Options::default();
        let (mut is_async, mut gc) = (None, None);
        for option in list {
            let keyword = option.keyword();
            match *option {
                CanonOpt::Utf8 | CanonOpt::Utf16 | CanonOpt::CompactUtf16 => {
                    let option = match option {
                        CanonOpt::Utf8 => "utf8",
                        CanonOpt::Utf16 => "utf16",
                        _ => "latin1-utf16",
                    };
                    if let Some(previous) = options.encoding.replace(option) {
                        return Err(K::EncodingConflict { previous, option }.into());
                    }
                }
                CanonOpt::Memory(memory) => {
                    let addr = self.abi_memory(memory.0)?;
                    once(keyword, &mut options.memory, addr)?;
                }
                CanonOpt::Realloc(func) => once(keyword, &mut options.realloc, func.0)?,
                CanonOpt::PostReturn(func) => {
                    once(keyword, &mut options.post_return, func.0)?;
                }
                CanonOpt::Async => {
                    once(keyword, &mut is_async, ())?;
                    self.need(
                        Feature::CmAsync,
                        "canonical option `async` requires the component model async feature",
                    )?;
                }
                CanonOpt::Callback(func) => once(keyword, &mut options.callback, func.0)?,
                CanonOpt::CoreType(ty) => {
                    self.need(
                        Feature::CmGc,
                        "canonical option `core type` requires the component model gc feature",
                    )?;
                    match self.core_type_at(ty.0)? {
                        CoreType::Sub(id) => match self.registry.structure_of(id) {
                            Structure::Func => once("core type", &mut options.core_type, id)?,
                            _ => return Err(K::OptionCoreType.into()),
                        },
                        CoreType::Unknown => {}
                        CoreType::Module(_) => return Err(K::OptionCoreType.into()),
                    }
                }
                CanonOpt::Gc => {
                    once(keyword, &mut gc, ())?;
                    self.need(Feature::CmGc, "canonical option `gc` requires the `cm-gc` feature")?;
                }
                // An option of a proposal that the tree has and this validator does not.
                _ => return Err(ErrorKind::NotEnabled("unknown canonical option").into()),
            }
        }
        (options.is_async, options.gc) = (is_async.is_some(), gc.is_some());
        if options.callback.is_some() && !options.is_async {
            return Err(K::CallbackSync.into());
        }
        if options.post_return.is_some() && options.is_async {
            return Err(K::PostReturnAsync.into());
        }
        if options.core_type.is_some() && !options.gc {
            return Err(K::CoreTypeWithoutGc.into());
        }
        if let Some(func) = options.realloc {
            let Some(addr) = options.memory else { return Err(K::ReallocMemory.into()) };
            let addr = ValType::from(addr);
            self.check_func("realloc", func, &FuncType::new([addr; 4], [addr]))?;
        }
        Ok(options)
    }

    /// The address type of a memory that holds values of a component.
    pub(crate) fn abi_memory(&self, index: u32) -> Checked<AddrType> {
        let item = self.core.item(self.get(Sort::CORE_MEMORY, index)?);
        let CoreItem::Mem(memory) = item else { return Ok(AddrType::I32) };
        if memory.limits.addr == AddrType::I64 {
            self.need(Feature::Cm64, "64-bit memories require the `cm64` feature to be enabled")?;
        }
        match memory.limits.shared {
            true => Err(K::OptionMemory { why: Leaf::SharedMemories }.into()),
            false => Ok(memory.limits.addr),
        }
    }

    /// The type of a core function. `None` if the function had an error.
    pub(crate) fn core_func_at(&self, index: u32) -> Checked<Option<TypeId>> {
        match self.core.item(self.get(Sort::CORE_FUNC, index)?) {
            CoreItem::Func(id) => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// Checks the type of the core function of an option.
    pub(crate) fn check_func(
        &self,
        option: &'static str,
        func: u32,
        expected: &FuncType,
    ) -> Checked {
        let Some(found) = self.core_func_at(func)? else { return Ok(()) };
        self.check_is_func(found, expected, |expected, found| K::OptionType {
            option,
            expected,
            found,
        })
    }

    /// Checks that a core type is this function type, which names no defined type. `error` gets
    /// both in the notation of the text format, the expected one first.
    pub(crate) fn check_is_func(
        &self,
        found: TypeId,
        expected: &FuncType,
        error: impl FnOnce(String, String) -> K,
    ) -> Checked {
        match self.is_func(found, expected) {
            true => Ok(()),
            false => {
                let found = shown_func(&self.registry, found);
                Err(error(expected.to_string(), found).into())
            }
        }
    }

    /// Whether a core type is this function type, which names no defined type.
    pub(crate) fn is_func(&self, id: TypeId, ty: &FuncType) -> bool {
        let same = |found: &[Ty], expected: &[ValType]| {
            found.iter().copied().eq(expected.iter().map(|&ty| Ty::closed(ty)))
        };
        self.registry.func(id.0).is_some_and(|(params, results)| {
            same(params, ty.params()) && same(results, ty.results())
        })
    }
}
