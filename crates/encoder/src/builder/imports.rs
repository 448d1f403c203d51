//! The imports of a module that is being built.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{
    ExternKind, ExternType, FuncIdx, GlobalIdx, GlobalType, Import, MemIdx, MemType, Name,
    TableIdx, TableType, TagIdx, TagType, TypeIdx,
};

use super::types::{Types, type_methods};

/// The imports of a module that is being built, and the types that they need.
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
    /// The number of imports of each kind.
    pub(super) imported: [u32; ExternKind::COUNT],
}

impl Imports {
    /// Makes an empty list of imports.
    pub fn new() -> Imports {
        Imports::default()
    }

    type_methods!();

    /// Imports a function of a type.
    pub fn func(&mut self, module: &str, name: &str, ty: TypeIdx) -> FuncIdx {
        self.add(module, name, ExternType::Func(ty))
    }

    /// Imports a table.
    pub fn table(&mut self, module: &str, name: &str, ty: TableType) -> TableIdx {
        self.add(module, name, ExternType::Table(ty))
    }

    /// Imports a memory.
    pub fn memory(&mut self, module: &str, name: &str, ty: MemType) -> MemIdx {
        self.add(module, name, ExternType::Mem(ty))
    }

    /// Imports a global.
    pub fn global(&mut self, module: &str, name: &str, ty: GlobalType) -> GlobalIdx {
        self.add(module, name, ExternType::Global(ty))
    }

    /// Imports a tag with the parameters of a function type.
    pub fn tag(&mut self, module: &str, name: &str, ty: TypeIdx) -> TagIdx {
        self.add(module, name, ExternType::Tag(TagType { ty }))
    }

    fn add<I: From<u32>>(&mut self, module: &str, name: &str, ty: ExternType) -> I {
        // Most imports come from the same module as the import before: share its module name.
        let module = match self.imports.last() {
            Some(last) if last.module == module => last.module.clone(),
            _ => Name::from(String::from(module)),
        };
        self.imports.push(Import { module, name: Name::from(String::from(name)), ty });
        let imported = &mut self.imported[ty.kind() as usize];
        *imported += 1;
        I::from(*imported - 1)
    }
}
