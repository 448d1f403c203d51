//! Sections of a component: their ids, and their definitions, read and written one by one.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#component-definitions>

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::definitions::{Alias, CoreType, Definition, Scope};
use super::name_section::Names;
use crate::values::codes;
use crate::{Decode, Encode, Feature, Malformed, Name, Reader, leb128};

type Result<T> = core::result::Result<T, Malformed>;

macro_rules! sections {
    ($( $(#[$doc:meta])* $variant:ident $id:literal $name:literal $holds:ident $feature:ident; )*) => {
        codes! {
            /// A section of a component. Sections may come in any order and any number of times.
            ///
            /// ```
            /// use wattle_ast::components::SectionId;
            /// assert_eq!(SectionId::from_code(8), Some(SectionId::Canon));
            /// assert_eq!(SectionId::CoreType.to_string(), "core type");
            /// ```
            SectionId { $( $(#[$doc])* $variant = $id, )* }
        }

        impl SectionId {
            /// Returns the name of the section in messages.
            pub const fn name(self) -> &'static str {
                match self { $( SectionId::$variant => $name, )* }
            }

            /// Returns the kind of content of the section.
            pub const fn holds(self) -> Holds {
                match self { $( SectionId::$variant => Holds::$holds, )* }
            }

            /// Returns the feature that the section belongs to.
            pub const fn feature(self) -> Feature {
                match self { $( SectionId::$variant => Feature::$feature, )* }
            }
        }
    };
}

/// The kinds of content that a section can have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holds {
    /// A list of definitions, which begins with their number.
    List,
    /// One definition.
    One,
    /// A whole module or component, which begins with a preamble of its own.
    Nested,
}

sections! {
    /// Bytes under a name.
    Custom 0 "custom" One ComponentModel;
    /// A core module.
    CoreModule 1 "core module" Nested ComponentModel;
    /// Core instances.
    CoreInstance 2 "core instance" List ComponentModel;
    /// Core types.
    CoreType 3 "core type" List ComponentModel;
    /// A component.
    Component 4 "component" Nested ComponentModel;
    /// Instances.
    Instance 5 "instance" List ComponentModel;
    /// Aliases.
    Alias 6 "alias" List ComponentModel;
    /// Types.
    Type 7 "type" List ComponentModel;
    /// Canonical definitions.
    Canon 8 "canonical function" List ComponentModel;
    /// The call of a start function.
    Start 9 "start" One CmValues;
    /// Imports.
    Import 10 "import" List ComponentModel;
    /// Exports.
    Export 11 "export" List ComponentModel;
    /// Values.
    Value 12 "value" List CmValues;
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Decode<'_> for SectionId {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let features = reader.features();
        reader.byte_if(Malformed::SectionId, |code| {
            SectionId::from_code(code).filter(|id| features.contains(id.feature()))
        })
    }
}

/// Reads a definition of a section into `to`, whose old value owns nothing.
#[inline]
fn entry<'a>(id: SectionId, reader: &mut Reader<'a>, to: &mut Definition<'a>) -> Result<()> {
    // The old value owns nothing, so it need not be dropped.
    let mut put = |definition| core::mem::forget(core::mem::replace(to, definition));
    match id {
        SectionId::Custom => put(Definition::from_custom(reader.read()?)),
        SectionId::CoreInstance => put(Definition::CoreInstance(reader.read()?)),
        SectionId::CoreType => put(Definition::CoreType(reader.read()?)),
        SectionId::Instance => put(Definition::Instance(reader.read()?)),
        SectionId::Alias => put(Definition::Alias(reader.read()?)),
        SectionId::Type => put(Definition::Type(reader.read()?)),
        SectionId::Canon => put(Definition::Canon(reader.read()?)),
        SectionId::Start => put(Definition::Start(reader.read()?)),
        SectionId::Import => put(Definition::Import(reader.read()?)),
        SectionId::Export => put(Definition::Export(reader.read()?)),
        SectionId::Value => put(Definition::Value(reader.read()?)),
        // Sections with a module or component have no definitions to read.
        SectionId::CoreModule | SectionId::Component => return Err(Malformed::SectionId),
    }
    Ok(())
}

/// The kinds of declarations in types, and the bytes that they begin with.
macro_rules! declarations {
    ($name:ident $(#[$doc:meta])* { $( $variant:ident = $code:literal, )* }) => {
        codes! {
            $(#[$doc])*
            $name { $( #[doc = concat!("[`Definition::", stringify!($variant), "`]")] $variant = $code, )* }
        }

        impl $name {
            fn of(definition: &Definition<'_>) -> Option<$name> {
                match definition { $( Definition::$variant(_) => Some($name::$variant), )* _ => None }
            }
        }
    };
}

declarations! {
    Decl
    /// A declaration in the type of a component or instance.
    {
        CoreType = 0,
        Type = 1,
        Alias = 2,
        Import = 3,
        ExportDecl = 4,
    }
}

declarations! {
    ModuleDecl
    /// A declaration in the type of a core module.
    {
        CoreImportDecl = 0,
        CoreType = 1,
        Alias = 2,
        CoreExportDecl = 3,
    }
}

/// Reads a definition in a type.
fn declaration<'a>(scope: Scope, reader: &mut Reader<'a>) -> Result<Definition<'a>> {
    if scope == Scope::ModuleType {
        return Ok(match reader.byte_if(Malformed::ModuleTypeDecl, ModuleDecl::from_code)? {
            ModuleDecl::CoreImportDecl => Definition::CoreImportDecl(Box::new(reader.read()?)),
            ModuleDecl::CoreType => Definition::CoreType(CoreType::decode_in_module_type(reader)?),
            ModuleDecl::Alias => Definition::Alias(Alias::decode_in_module_type(reader)?),
            ModuleDecl::CoreExportDecl => Definition::CoreExportDecl(Box::new(reader.read()?)),
        });
    }
    let has_imports = scope != Scope::InstanceType;
    let decl = reader.byte_if(Malformed::TypeDecl, |code| {
        Decl::from_code(code).filter(|decl| has_imports || *decl != Decl::Import)
    })?;
    Ok(match decl {
        Decl::CoreType => Definition::CoreType(reader.read()?),
        Decl::Type => Definition::Type(reader.read()?),
        Decl::Alias => Definition::Alias(reader.read()?),
        Decl::Import => Definition::Import(reader.read()?),
        Decl::ExportDecl => Definition::ExportDecl(reader.read()?),
    })
}

/// Returns the section that the first of `definitions` stands in, and the definitions at the start
/// of the list that one such section can hold. `None` if the list is empty, or its first definition
/// cannot stand in a component.
///
/// A section with a component or a core module holds only that definition: the definitions behind a
/// component are the content of its own sections.
///
/// ```
/// use wattle_ast::components::{Canon, Definition, SectionId, Type, first_section};
///
/// let drop = Definition::Canon(Canon::ResourceDrop { resource: 0.into() });
/// let definitions = [Definition::Type(Type::Instance), Definition::End, drop.clone(), drop];
/// assert_eq!(first_section(&definitions), Some((SectionId::Type, &definitions[..2])));
/// assert_eq!(first_section(&definitions[2..]), Some((SectionId::Canon, &definitions[2..])));
/// ```
pub fn first_section<'d, 'a>(
    definitions: &'d [Definition<'a>],
) -> Option<(SectionId, &'d [Definition<'a>])> {
    let id = definitions.first()?.section()?;
    if id.holds() != Holds::List {
        return Some((id, &definitions[..1]));
    }
    let mut depth = 0;
    let end = definitions.iter().position(|definition| {
        if depth == 0 && definition.section() != Some(id) {
            return true;
        }
        depth = definition.depth_after(depth);
        false
    });
    Some((id, &definitions[..end.unwrap_or(definitions.len())]))
}

/// Writes the content of the section that [`first_section`] has found. Nothing is written for a
/// core module or a component, since its content has a preamble and sections of its own.
///
/// Each definition must stand where [`Scope::permits`] allows it. In a type, a definition that is
/// not allowed is left out.
pub fn encode_entries(id: SectionId, definitions: &[Definition<'_>], out: &mut Vec<u8>) {
    if id.holds() == Holds::Nested {
        return;
    }
    let (entries, mut counts) = count(definitions);
    if id.holds() == Holds::List {
        leb128::write_u32(out, entries);
    }
    let mut counts = counts.drain(..);
    let mut scopes = Vec::new();
    for definition in definitions {
        if matches!(definition, Definition::End) {
            scopes.pop();
            continue;
        }
        // Only a definition of a section or a type has an encoding of its own.
        let is_written = definition.encode_in(scopes.last().copied(), out);
        if let Some(scope) = definition.opens().filter(|_| is_written) {
            leb128::write_u32(out, counts.next().unwrap_or(0));
            scopes.push(scope);
        }
    }
}

impl<'a> Definition<'a> {
    /// Reads a definition of the section `id`, or of the type `scope` in it. Does not read the
    /// number of definitions in the scope that the definition opens.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the definition. The reader is left at the offending
    /// byte.
    pub fn decode_in(
        id: SectionId,
        scope: Option<Scope>,
        reader: &mut Reader<'a>,
    ) -> Result<Definition<'a>> {
        let mut definition = Definition::End;
        definition.decode_from(id, scope, reader)?;
        Ok(definition)
    }

    /// Reads the next definition into `self`. A result would be moved to the caller, which takes
    /// longer than decoding it in place.
    #[inline(always)]
    pub(super) fn decode_from(
        &mut self,
        id: SectionId,
        scope: Option<Scope>,
        reader: &mut Reader<'a>,
    ) -> Result<()> {
        *self = Definition::End;
        match scope {
            Some(scope) if scope != Scope::Component => {
                *self = declaration(scope, reader)?;
                Ok(())
            }
            _ => entry(id, reader, self),
        }
    }

    /// Writes a definition of a section, or of the type `scope` in it, without the number of
    /// definitions in the scope that it opens. Returns false, and writes nothing, if the type cannot
    /// hold it.
    ///
    /// ```
    /// use wattle_ast::components::{Definition, Scope, Type};
    ///
    /// let definition = Definition::Type(Type::Instance);
    /// let mut out = Vec::new();
    /// assert!(definition.encode_in(None, &mut out));
    /// assert!(definition.encode_in(Some(Scope::ComponentType), &mut out));
    /// assert_eq!(out, [0x42, 0x01, 0x42]);
    /// assert!(!definition.encode_in(Some(Scope::ModuleType), &mut out));
    /// ```
    pub fn encode_in(&self, scope: Option<Scope>, out: &mut Vec<u8>) -> bool {
        if let Some(scope) = scope.filter(|scope| *scope != Scope::Component) {
            match declaration_code(scope, self) {
                Some(code) => out.push(code),
                None => return false,
            }
        }
        match self {
            Definition::Alias(alias) if scope == Some(Scope::ModuleType) => {
                alias.encode_in_module_type(out);
            }
            Definition::CoreType(ty) if scope == Some(Scope::ModuleType) => {
                ty.encode_in_module_type(out);
            }
            _ => encode(self, out),
        }
        true
    }
}

/// Returns the byte that begins a definition in a type; `None` if the type cannot hold it.
fn declaration_code(scope: Scope, definition: &Definition<'_>) -> Option<u8> {
    match scope {
        _ if !scope.permits(definition) => None,
        Scope::ModuleType => ModuleDecl::of(definition).map(ModuleDecl::code),
        _ => Decl::of(definition).map(Decl::code),
    }
}

/// Returns the number of definitions outside of all types, and the number in each type, in the
/// order in which the types begin.
fn count(definitions: &[Definition<'_>]) -> (u32, Vec<u32>) {
    let mut entries = 0;
    let mut counts = Vec::new();
    let mut scopes: Vec<(Scope, usize)> = Vec::new();
    for definition in definitions {
        if matches!(definition, Definition::End) {
            scopes.pop();
            continue;
        }
        match scopes.last() {
            None => entries += 1,
            Some(&(scope, _)) if declaration_code(scope, definition).is_none() => continue,
            Some(&(_, at)) => counts[at] += 1,
        }
        if let Some(scope) = definition.opens() {
            scopes.push((scope, counts.len()));
            counts.push(0);
        }
    }
    (entries, counts)
}

/// Writes a definition, without the content of the scope that it may open.
fn encode(definition: &Definition<'_>, out: &mut Vec<u8>) {
    match definition {
        Definition::CoreInstance(instance) => instance.encode(out),
        Definition::CoreType(ty) => ty.encode(out),
        Definition::Instance(instance) => instance.encode(out),
        Definition::Alias(alias) => alias.encode(out),
        Definition::Type(ty) => ty.encode(out),
        Definition::Canon(canon) => canon.encode(out),
        Definition::Start(start) => start.encode(out),
        Definition::Import(import) => import.encode(out),
        Definition::Export(export) => export.encode(out),
        Definition::Value(value) => value.encode(out),
        Definition::Names(names) => {
            Name::from(Names::NAME).encode(out);
            names.encode(out);
        }
        Definition::Custom(custom) => {
            custom.name.encode(out);
            out.extend_from_slice(custom.data.bytes().unwrap_or_default());
        }
        Definition::ExportDecl(export) => export.encode(out),
        Definition::CoreImportDecl(import) => import.encode(out),
        Definition::CoreExportDecl(export) => export.encode(out),
        Definition::CoreModule(_) | Definition::Component | Definition::End => {}
    }
}
