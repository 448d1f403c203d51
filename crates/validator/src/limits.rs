//! Limits of implementations, as opposed to the rules of the specification.

use wattle_ast::components::Type;

/// The most of each item that a module may have. A module that exceeds a limit is refused with
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit), even if the specification allows it.
///
/// By default, modules have the limits of the JavaScript API, so that a module accepted here is
/// accepted by browsers, and components have those of `wasm-tools`. Sizes of memories and tables
/// are limited at instantiation, not here. The API has no limit for operands; that is ours, so that
/// a few bytes of calls with a thousand results each do not fill the memory: validation on one
/// thread takes at most 4 MB for operands.
///
/// Spec: <https://webassembly.github.io/spec/js-api/#limits>
///
/// ```
/// use wattle_validator::Limits;
/// assert_eq!(Limits::default().locals, 50_000);
/// assert_eq!(Limits::NONE.locals, u32::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Types.
    pub types: u32,
    /// Recursive groups.
    pub rec_groups: u32,
    /// Declared supertypes one above the other.
    pub subtype_depth: u32,
    /// Imports.
    pub imports: u32,
    /// Functions, imported ones included.
    pub funcs: u32,
    /// Tables, without imported ones.
    pub tables: u32,
    /// Memories, without imported ones.
    pub memories: u32,
    /// Globals, without imported ones.
    pub globals: u32,
    /// Tags, without imported ones.
    pub tags: u32,
    /// Exports.
    pub exports: u32,
    /// Element segments.
    pub elems: u32,
    /// Data segments.
    pub datas: u32,
    /// Parameters of a function type.
    pub params: u32,
    /// Results of a function type.
    pub results: u32,
    /// Fields of a struct type.
    pub fields: u32,
    /// Operands of `array.new_fixed`.
    pub array_operands: u32,
    /// Bytes of a function body.
    pub body_bytes: u32,
    /// Locals of a function, parameters included.
    pub locals: u32,
    /// Operands on the stack of an expression at one time, with one more for each open block.
    pub operands: u32,
    /// Modules and components in a component, at any depth; the outermost counts.
    pub modules_and_components: u32,
    /// Core modules of one component.
    pub modules: u32,
    /// Components within one component.
    pub components: u32,
    /// Core instances and instances of one component.
    pub instances: u32,
    /// Values of one component.
    pub values: u32,
    /// Core tables, memories, globals or tags of one component.
    pub core_items: u32,
    /// Declarations in the type of a component or instance.
    pub type_decls: u32,
    /// Declarations in the type of a core module.
    pub module_type_decls: u32,
    /// Fields of a record.
    pub record_fields: u32,
    /// Cases of a variant.
    pub cases: u32,
    /// Types of a tuple.
    pub tuple_types: u32,
    /// Cases of an enumeration.
    pub enum_cases: u32,
    /// Elements of a list of a fixed length.
    pub fixed_list_len: u32,
    /// Types of a component one within the other.
    pub type_depth: u32,
    /// Types that a type of a component consists of, each counted wherever it is used.
    pub type_size: u32,
    /// Types that are made when resources in types are replaced, as by instantiation.
    pub type_copies: u32,
    /// Arguments of an instantiation.
    pub instantiation_args: u32,
    /// Exports of an instance that is made of definitions.
    pub instance_exports: u32,
    /// Options of a canonical definition.
    pub canon_opts: u32,
    /// Arguments of a start function.
    pub start_args: u32,
    /// Bytes of the name of an import or export of a component.
    pub name_bytes: u32,
}

impl Limits {
    /// The limits of the JavaScript API, and for components those of `wasm-tools`.
    pub const JS: Limits = Limits {
        types: 1_000_000,
        rec_groups: 1_000_000,
        subtype_depth: 63,
        imports: 1_000_000,
        funcs: 1_000_000,
        tables: 100_000,
        memories: 100,
        globals: 1_000_000,
        tags: 1_000_000,
        exports: 1_000_000,
        elems: 10_000_000,
        datas: 100_000,
        params: 1_000,
        results: 1_000,
        fields: 10_000,
        array_operands: 10_000,
        body_bytes: 7_654_321,
        locals: 50_000,
        operands: 1_000_000,
        modules_and_components: 1_000,
        modules: 1_000,
        components: 1_000,
        instances: 4_096,
        values: 1_000,
        core_items: 1_000_000,
        type_decls: 1_000_000,
        module_type_decls: 100_000,
        record_fields: Type::MAX_PARTS,
        cases: Type::MAX_PARTS,
        tuple_types: Type::MAX_PARTS,
        enum_cases: Type::MAX_PARTS,
        fixed_list_len: Type::MAX_FIXED_LIST_LEN,
        type_depth: Type::MAX_DEPTH,
        type_size: Type::MAX_SIZE,
        type_copies: 300_000,
        instantiation_args: 100_000,
        instance_exports: 100_000,
        canon_opts: 10,
        start_args: 1_000,
        name_bytes: 100_000,
    };

    /// No limits beyond those of 32-bit numbers.
    pub const NONE: Limits = Limits {
        types: u32::MAX,
        rec_groups: u32::MAX,
        subtype_depth: u32::MAX,
        imports: u32::MAX,
        funcs: u32::MAX,
        tables: u32::MAX,
        memories: u32::MAX,
        globals: u32::MAX,
        tags: u32::MAX,
        exports: u32::MAX,
        elems: u32::MAX,
        datas: u32::MAX,
        params: u32::MAX,
        results: u32::MAX,
        fields: u32::MAX,
        array_operands: u32::MAX,
        body_bytes: u32::MAX,
        locals: u32::MAX,
        operands: u32::MAX,
        modules_and_components: u32::MAX,
        modules: u32::MAX,
        components: u32::MAX,
        instances: u32::MAX,
        values: u32::MAX,
        core_items: u32::MAX,
        type_decls: u32::MAX,
        module_type_decls: u32::MAX,
        record_fields: u32::MAX,
        cases: u32::MAX,
        tuple_types: u32::MAX,
        enum_cases: u32::MAX,
        fixed_list_len: u32::MAX,
        type_depth: u32::MAX,
        type_size: u32::MAX,
        type_copies: u32::MAX,
        instantiation_args: u32::MAX,
        instance_exports: u32::MAX,
        canon_opts: u32::MAX,
        start_args: u32::MAX,
        name_bytes: u32::MAX,
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::JS
    }
}
