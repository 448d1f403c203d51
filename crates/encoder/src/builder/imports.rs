//! The imports of a module that is to be built.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{
    ExternType, FuncIdx, GlobalIdx, GlobalType, Import, MemIdx, MemType, Name, TableIdx, TableType,
    TagIdx, TagType, TypeIdx,
};

use super::types::{Types, type_methods};

/// The imports of a module that is to be built, and the types that they need.
///
/// ```
/// use wattle_ast::{GlobalType, ValType};
/// use wattle_encoder::{Imports, ModuleBuilder};
///
/// let mut imports = Imports::new();
/// let ty = imports.ty([ValType::F64], []);
/// assert_eq!(imports.func("env", "print", ty).0, 0);
/// assert_eq!(imports.func("env", "trace", ty).0, 1);
/// let base = GlobalType { mutable: false, val: ValType::I32 };
/// assert_eq!(imports.global("env", "base", base).0, 0);
///
/// let mut module = ModuleBuilder::with_imports(imports);
/// assert_eq!(module.func(ty, |_| ()).0, 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Imports {
    pub(super) types: Types,
    pub(super) imports: Vec<Import<'static>>,
    pub(super) imported: Imported,
}

/// How many imports there are in each index space.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Imported {
    pub(super) funcs: u32,
    pub(super) tables: u32,
    pub(super) memories: u32,
    pub(super) globals: u32,
    pub(super) tags: u32,
}

/// Counts one more and tells how many there were.
fn count(counter: &mut u32) -> u32 {
    *counter += 1;
    *counter - 1
}

impl Imports {
    /// No imports yet.
    pub fn new() -> Imports {
        Imports::default()
    }

    type_methods!();

    /// Imports a function of a type.
    pub fn func(&mut self, module: &str, name: &str, ty: TypeIdx) -> FuncIdx {
        self.add(module, name, ExternType::Func(ty));
        FuncIdx(count(&mut self.imported.funcs))
    }

    /// Imports a table.
    pub fn table(&mut self, module: &str, name: &str, ty: TableType) -> TableIdx {
        self.add(module, name, ExternType::Table(ty));
        TableIdx(count(&mut self.imported.tables))
    }

    /// Imports a memory.
    pub fn memory(&mut self, module: &str, name: &str, ty: MemType) -> MemIdx {
        self.add(module, name, ExternType::Mem(ty));
        MemIdx(count(&mut self.imported.memories))
    }

    /// Imports a global.
    pub fn global(&mut self, module: &str, name: &str, ty: GlobalType) -> GlobalIdx {
        self.add(module, name, ExternType::Global(ty));
        GlobalIdx(count(&mut self.imported.globals))
    }

    /// Imports a tag with the parameters of a function type.
    pub fn tag(&mut self, module: &str, name: &str, ty: TypeIdx) -> TagIdx {
        self.add(module, name, ExternType::Tag(TagType { ty }));
        TagIdx(count(&mut self.imported.tags))
    }

    fn add(&mut self, module: &str, name: &str, ty: ExternType) {
        // Names of modules come many times: share the text with the import before.
        let module = match self.imports.last() {
            Some(last) if last.module == module => last.module.clone(),
            _ => Name::from(String::from(module)),
        };
        self.imports.push(Import { module, name: Name::from(String::from(name)), ty });
    }
}
