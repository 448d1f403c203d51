//! The kinds of errors in a component, each with its official phrase.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use wattle_ast::{Feature, Shown};

use super::mismatch::ComponentMismatch;
use crate::Error;

/// Text of the input in a message. `Display` escapes it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Text(pub Box<str>);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&*self.0).fmt(f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.into())
    }
}

/// A row: the variant, its fields, and the message that shows them.
macro_rules! kinds {
    ($(#[$enum_doc:meta])* $name:ident;
        $( $(#[$doc:meta])* $variant:ident $({ $( $field:ident: $ty:ty ),* })? $message:literal; )*) => {
        $(#[$enum_doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$doc])* #[allow(missing_docs)] $variant $({ $( $field: $ty ),* })?, )* }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $( $name::$variant $({ $( $field ),* })? => write!(f, $message), )* }
            }
        }
    };
}

kinds! {
    /// An error in a definition of a component, without its place.
    ///
    /// `Display` prints a message that begins with the phrase of the official test suite.
    ComponentErrorKind;
    /// No definition of the sort has the index.
    UnknownIndex { sort: &'static str, index: u32, space: &'static str, len: u32 }
        "unknown {sort} {index}: {space} index out of bounds (there are {len})";
    /// The definition may not stand in this scope.
    Misplaced "definition is not permitted in this scope";
    /// An alias in a type that names neither a type nor an instance.
    AliasInType "aliases in a component or instance type may only refer to types or instances";
    /// An alias leads out of the outermost scope.
    OuterCount { count: u32, scopes: usize }
        "invalid outer alias count of {count} (there are {scopes} scopes here, this one included)";
    /// A type from outside of the component contains a resource.
    OuterResource { resource: String }
        "cannot alias outer type which transitively refers to resources not defined in the current component: {resource}";
    /// An outer alias of the type of a core module, in the type of a core module.
    OuterModuleType
        "not implemented: aliasing core module types into a core module's types index space";
    /// A resource is defined in a type.
    ResourceInType "resources can only be defined within a concrete component";
    /// The representation of a resource is not an integer.
    ResourceRep { rep: wattle_ast::ValType }
        "resources can only be represented by `i32` or `i64`, not by `{rep}`";
    /// The destructor has the wrong type.
    Destructor { func: u32, expected: String, found: String }
        "core function {func} has wrong signature for a destructor: expected {expected}, found {found}";
    /// The type is not a function type.
    NotFunc { index: u32, found: &'static str }
        "type index {index} is not a function type: it is {found}";
    /// The type is not the type of an instance.
    NotInstance { index: u32, found: &'static str }
        "type index {index} is not an instance type: it is {found}";
    /// The type is not the type of a component.
    NotComponent { index: u32, found: &'static str }
        "type index {index} is not a component type: it is {found}";
    /// The type is not a value type.
    NotDefined { index: u32, found: &'static str }
        "type index {index} is not a defined type: it is {found}, not a value type";
    /// The type is not a resource.
    NotResource { index: u32, found: &'static str }
        "type index {index} is not a resource type: it is {found}";
    /// The resource is not defined in this component.
    NotLocal { index: u32, resource: String }
        "type {index} is not a local resource: {resource} is not defined in this component";
    /// The core type is not the type of a module.
    NotModuleType { index: u32 } "core type index {index} is not a module type";
    /// The core type is the type of a module.
    ModuleType { index: u32 } "type index {index} is a module type, not a sub type";
    /// The core type is not a function type.
    NotCoreFunc "expected a core function type";
    /// A type without parts that must have some.
    Empty { what: &'static str } "{what}";
    /// More than 32 flags.
    FlagCount { count: usize } "cannot have more than 32 flags: there are {count}";
    /// A label that is empty.
    EmptyLabel { what: &'static str } "{what} name cannot be empty";
    /// A label that is not in kebab case.
    Label { what: &'static str, name: Text }
        "{what} name `{name}` is not in kebab case (words and acronyms, joined by hyphens)";
    /// Two labels are too much alike.
    LabelConflict { what: &'static str, previous_what: &'static str, name: Text, previous: Text }
        "{what} name `{name}` conflicts with previous {previous_what} name `{previous}`";
    /// The key of a map is not of a type for keys.
    MapKey { found: String }
        "invalid map key type {found}: keys are bool, integers, char or string";
    /// There is a handle in the values of a map.
    MapValue "map value type cannot contain a handle";
    /// A list of the fixed length 0.
    FixedListLength "Fixed-length lists must have more than zero elements";
    /// There is a `borrow` where a value outlives the call.
    Borrow { what: &'static str } "{what} cannot contain a `borrow` type";
    /// A stream of characters.
    StreamOfChar
        "`stream<char>` is not valid at this time, use `stream<u8>` with a defined byte encoding instead for now";
    /// The values of a type take too many bytes.
    ValueSize { size: u64 }
        "value type's maximum in-memory size exceeds maximum byte size: {size} bytes, at most 268435455";
    /// The type is too large when written out.
    TypeSize { most: u32 } "effective type size exceeds the limit of {most}";
    /// The type is too deep.
    TypeDepth { most: u32 } "type nesting is too deep: at most {most} levels";

    /// The name of an import or export is not well-formed.
    ExternName { side: &'static str, name: Text, why: String }
        "{side} name `{name}` is not a valid extern name: {why}";
    /// Two names of one side are too much alike.
    NameConflict { side: &'static str, name: Text, previous: Text }
        "{side} name `{name}` conflicts with previous name `{previous}`";
    /// The name does not fit the type.
    NameType { side: &'static str, name: Text, why: NameRule }
        "{side} name `{name}` is not valid: {why}";
    /// A setter without its getter.
    Getter { side: &'static str, name: Text, getter: Text }
        "{side} name `{name}` requires a preceding {side} named `{getter}`";
    /// The types of a setter and its getter differ.
    PropertyType { side: &'static str, name: Text, getter: Text, expected: String, found: String }
        "{side} `{name}`'s parameter type must match the return type of `{getter}`: expected {expected}, found {found}";
    /// The name cannot have `implements`.
    ImplementsName { name: Text } "name `{name}` is not valid with `implements`";
    /// An item other than an instance has `implements`.
    ImplementsSort { found: &'static str } "only instances can have an `implements`, not a {found}";
    /// The value of `implements` is not a well-formed name.
    ImplementsInvalid { name: Text, why: String } "`{name}` is not a valid name: {why}";
    /// The value of `implements` is not the name of an interface.
    ImplementsPlain { name: Text } "name `{name}` must be an interface";
    /// An item other than an instance has a version suffix.
    SuffixSort { found: &'static str } "only instances can have a `version-suffix`, not a {found}";
    /// The version suffix is empty.
    SuffixEmpty "version suffix cannot be empty";
    /// A version suffix without the name of an interface.
    SuffixName "`version-suffix` requires an interface name or `implements`";
    /// The version of an interface does not fit its suffix.
    Version { why: String } "invalid interface version: {why}";

    /// A type is visible from outside without a name there.
    Hidden { what: &'static str, side: &'static str, hidden: String }
        "{what} not valid to be used as {side}: it refers to {hidden}, which no {side} gives a name";
    /// An import refers to a type that only an export names.
    HiddenExport { what: &'static str }
        "{what} not valid to be used as import: it is named by an export, which imports cannot refer to";
    /// A resource that the component defines is in its imports.
    LocalInImports { resource: String } "local resource type found in imports: {resource}";
    /// A resource is in an export but has no export itself.
    LocalInExports { resource: String }
        "local resource type found in export but not exported itself: {resource}";

    /// An instance does not have the export.
    NoExport { instance: u32, name: Text, near: String }
        "instance {instance} has no export named `{name}`{near}";
    /// An export has the wrong sort.
    ExportSort { instance: u32, name: Text, expected: &'static str, found: &'static str }
        "export `{name}` for instance {instance} is not a {expected}: it is a {found}";
    /// A core instance does not have the export.
    NoCoreExport { instance: u32, name: Text, near: String }
        "core instance {instance} has no export named `{name}`{near}";
    /// An export of a core instance has the wrong sort.
    CoreExportSort { instance: u32, name: Text, expected: &'static str, found: &'static str }
        "export `{name}` for core instance {instance} is not a {expected}: it is a {found}";
    /// Two arguments have one name.
    DuplicateArg { name: Text }
        "instantiation argument `{name}` conflicts with previous argument `{name}`";
    /// An import has no argument.
    MissingImport { name: Text, what: &'static str }
        "missing import named `{name}`: the component imports it as a {what}";
    /// The type of an argument, or of a part of it, does not match.
    Mismatch { mismatch: Box<ComponentMismatch> } "{mismatch}";
    /// Two arguments of a module have one name.
    DuplicateCoreArg { name: Text } "duplicate module instantiation argument named `{name}`";
    /// The imports from a module have no argument.
    MissingCoreArg { module: Text }
        "missing module instantiation argument named `{module}`";
    /// An argument lacks an export.
    MissingCoreExport { module: Text, name: Text }
        "module instantiation argument `{module}` does not export an item named `{name}`";
    /// Two exports of a core instance have one name.
    DuplicateCoreExport { name: Text }
        "duplicate instantiation export name `{name}` already defined";
    /// Two exports in the type of a core module have one name.
    DuplicateModuleExport { name: Text }
        "duplicate export name `{name}` already defined";
    /// Two imports of a core module have the same names.
    DuplicateModuleImport { module: Text, name: Text }
        "module has a duplicate import name `{module}:{name}` that is not allowed in components";

    /// An option that is repeated.
    DuplicateOption { option: &'static str }
        "canonical option `{option}` is specified more than once";
    /// Two string encodings.
    EncodingConflict { previous: &'static str, option: &'static str }
        "canonical encoding option `{previous}` conflicts with option `{option}`";
    /// A required option that is missing.
    OptionRequired { option: &'static str, why: &'static str }
        "canonical option `{option}` is required{why}";
    /// `realloc` without `memory`.
    ReallocMemory "canonical option `realloc` requires `memory` to also be specified";
    /// The function of an option has the wrong type.
    OptionType { option: &'static str, expected: String, found: String }
        "canonical option `{option}` uses a core function with an incorrect signature: expected {expected}, found {found}";
    /// The core type of an option is not a function type.
    OptionCoreType "canonical option `core type` must reference a core function type";
    /// `callback` without `async`.
    CallbackSync "cannot specify callback without async";
    /// `post-return` with `async`.
    PostReturnAsync "cannot specify post-return function in async";
    /// `core-type` without `gc`.
    CoreTypeWithoutGc "cannot specify `core-type` without `gc`";
    /// `core-type` in `canon lift`, where the core function already has a type.
    CoreTypeLift "canonical option `core-type` is not allowed in `canon lift`";
    /// The core type of a function has the wrong number of parameters or results.
    GcArity { what: &'static str, core: usize, wanted: usize }
        "declared `core-type` has {core} {what}, but component function has {wanted} {what}";
    /// A core type cannot hold the values of a type.
    GcType { what: &'static str, wanted: &'static str, found: String }
        "expected to lower component `{what}` type {wanted} `{found}`";
    /// A struct has the wrong number of fields.
    GcFields { core: usize, what: &'static str, count: usize }
        "core `struct` has {core} fields, but component `{what}` has {count} fields";
    /// A map, whose values no core type can hold yet.
    GcMap "GC lowering for component `map` type is not yet implemented";
    /// The declared core type of a built-in is wrong.
    DeclaredCoreType { expected: String, found: String }
        "declared core type has `{found}`, but actual lowering has `{expected}`";
    /// An option that lowered functions cannot have.
    OptionLower { option: &'static str }
        "canonical option `{option}` cannot be specified for lowerings";
    /// `gc` without `core-type`.
    GcWithoutCoreType
        "cannot specify `gc` without also specifying a `core-type` for lowerings";
    /// An option that the built-in cannot have.
    OptionForbidden { option: &'static str, op: &'static str }
        "cannot specify `{option}` option on `{op}`";
    /// `async` on a function whose type is not async.
    AsyncType "the `async` canonical option requires an async function type";
    /// A function that is lifted has the wrong parameters.
    LiftParams { func: u32, expected: String, found: String }
        "lowered parameter types `{expected}` do not match parameter types `{found}` of core function {func}";
    /// A function that is lifted has the wrong result.
    LiftResults { func: u32, expected: String, found: String }
        "lowered result types `{expected}` do not match result types `{found}` of core function {func}";
    /// The memory cannot hold the values of a component.
    OptionMemory { why: Leaf } "{why}";
    /// The type is not a stream or future.
    CopyType { op: &'static str, what: &'static str, found: String }
        "`{op}` requires a {what} type: it is {found}";
    /// The built-in needs a feature that is off.
    BuiltInFeature { form: &'static str, op: &'static str, words: &'static str }
        "{form}`{op}` requires the component model {words} feature";
    /// A slot other than 0, which needs a feature that is off.
    ContextSlotZero { op: &'static str, slot: u32 } "`{op}` immediate must be zero: {slot}";
    /// The slot does not exist.
    ContextSlot { op: &'static str, slot: u32 }
        "`{op}` immediate must be zero or one: {slot}";
    /// The type of the slot is neither `i32` nor `i64`.
    ContextType { op: &'static str } "`{op}` only supports `i32` or `i64`";
    /// Slots of one component have different types.
    ContextConflict { op: &'static str, previous: wattle_ast::ValType }
        "`{op}` type must match previous context type, which is `{previous}`";
    /// The function of a thread has the wrong type.
    ThreadType { why: &'static str } "{why}";
    /// The table of a thread's function has the wrong type.
    ThreadTable { why: Leaf } "{why}: table is not a 32-bit table of (ref null (func))";

    /// A value is used twice.
    ValueUsed { index: u32 } "value {index} cannot be used more than once";
    /// A value is not used.
    ValueUnused { index: u32 }
        "value index {index} was not used as part of an instantiation, start function, or export";
    /// A value ends before the last of its bytes.
    ValueLength { at: usize }
        "length of value does not match: the value ends after {at} bytes";
    /// The bytes of a value do not decode.
    ValueBytes { at: usize, why: wattle_ast::Malformed } "malformed value: {why} at its byte {at}";
    /// The bytes of a value do not encode a value of its type.
    ValueKind { at: usize, what: &'static str } "malformed value: not a {what} at its byte {at}";
    /// A value with a handle.
    ValueHandle "values of handles cannot be written";
    /// More than one start function.
    Starts "component cannot have more than one start function";
    /// The start function is given the wrong number of arguments.
    StartArgs { expected: usize, found: usize }
        "component start function requires {expected} arguments but was given {found}";
    /// The start function has the wrong number of results.
    StartResults { expected: u32, found: u32 }
        "component start function has a result count of {found} but the function type has a result count of {expected}";
    /// An argument of the start function has the wrong type.
    StartArg { number: usize, expected: String, found: String }
        "value type mismatch for component start function argument {number}: expected {expected}, found {found}";
}

impl ComponentErrorKind {
    /// Returns the error, which says that it would not occur with `feature`, if one is given.
    #[cold]
    pub(crate) fn enabled_by(self, feature: Option<Feature>) -> Error {
        let mut error = Error::from(self);
        error.enable = feature;
        error
    }
}

kinds! {
    /// The difference between an item and the expected type, at the innermost place.
    Leaf;
    /// An item of another sort.
    Sort { expected: &'static str, found: &'static str } "expected {expected}, found {found}";
    /// Another primitive type.
    Prim { expected: &'static str, found: &'static str }
        "expected primitive `{expected}` found primitive `{found}`";
    /// Different resources.
    Resource { expected: String, found: String }
        "resource types are not the same: expected {expected}, found {found}";
    /// An instance lacks an export.
    MissingExport { name: Text } "missing expected export `{name}`";
    /// The expected component does not offer an import.
    MissingImport { name: Text } "missing import named `{name}`";
    /// A component lacks an export.
    MissingComponentExport { name: Text } "missing export named `{name}`";
    /// The expected module does not offer an import.
    MissingModuleImport { module: Text, name: Text }
        "missing expected import `{module}::{name}`";
    /// Only one of the functions is asynchronous.
    Async { expected: &'static str, found: &'static str }
        "expected {expected} function, found {found} function";
    /// Another number of parts.
    Count { what: &'static str, expected: usize, found: usize }
        "expected {expected} {what}, found {found}";
    /// A parameter with another name.
    ParamName { expected: Text, found: Text }
        "expected parameter named `{expected}`, found `{found}`";
    /// A field with another name.
    FieldName { expected: Text, found: Text }
        "expected field name `{expected}`, found `{found}`";
    /// A case with another name.
    CaseName { expected: Text, found: Text }
        "expected case named `{expected}`, found `{found}`";
    /// A case without a type.
    CaseTypeMissing { name: Text } "expected case `{name}` to have a type, found none";
    /// A case with a type.
    CaseTypeSurplus { name: Text } "expected case `{name}` to have no type";
    /// Other labels.
    Labels { what: &'static str } "mismatch in {what} elements";
    /// Another length.
    Length { expected: u32, found: u32 }
        "expected fixed-length {expected}, found size {found}";
    /// A function without a result.
    ResultMissing "expected a result, found none";
    /// A function with a result.
    ResultSurplus "expected no result, found one";
    /// A part without a type.
    PartMissing { what: &'static str } "expected {what} type, but found none";
    /// A part with a type.
    PartSurplus { what: &'static str } "expected {what} type to not be present";
    /// Another core function.
    CoreFunc { expected: String, found: String } "expected: {expected}, found: {found}";
    /// Another type of elements.
    TableElem { expected: String, found: String }
        "expected table element type {expected}, found {found}";
    /// Only one of the tables is shared.
    SharedTables "mismatch in the shared flag for tables";
    /// Another address type.
    TableAddress "mismatch in index type used for tables";
    /// Other limits.
    TableLimits "mismatch in table limits";
    /// Only one of the memories is shared.
    SharedMemories "mismatch in the shared flag for memories";
    /// Another address type.
    MemoryAddress "mismatch in index type used for memories";
    /// Another page size.
    PageSize "mismatch in page size for memories";
    /// Other limits.
    MemoryLimits "mismatch in memory limits";
    /// Only one of the globals is mutable.
    GlobalMutability "global types differ in mutability";
    /// Another type.
    GlobalType { expected: String, found: String }
        "expected global type {expected}, found {found}";
}

kinds! {
    /// The rule about annotated names that is broken.
    NameRule;
    /// The item is not a function.
    NotFunc { found: &'static str } "item is not a func, but a {found}";
    /// A constructor that is asynchronous.
    ConstructorAsync "constructor function cannot be async";
    /// No result.
    NoResult "function should return one value";
    /// Another result.
    ConstructorResult "function should return `(own $T)` or `(result (own $T))`";
    /// No parameter.
    NoParam "function should have at least one argument";
    /// The first parameter has another name.
    SelfName { found: Text }
        "function should have a first argument called `self`, not `{found}`";
    /// The first parameter has another type.
    SelfType "function should take a first argument of `(borrow $T)`";
    /// The name refers to no resource.
    UnknownResource { resource: Text }
        "static resource name is not known in this context: no resource before it has the name `{resource}`";
    /// The resource of the function has no name.
    UnnamedResource { resource: String }
        "resource used in function does not have a name in this context: {resource}";
    /// The resource of the function has another name.
    ResourceName { expected: Text, found: Text }
        "function does not match expected resource name `{expected}`, but has `{found}`";
    /// A getter or setter that is asynchronous.
    AccessorAsync { what: &'static str } "{what} function cannot be async";
    /// A getter with parameters.
    GetterParams { besides: &'static str } "getter function should have no parameters{besides}";
    /// A getter without a result.
    GetterResult "getter function should return a value";
    /// A getter with an empty result.
    GetterOk
        "if a getter function returns a result, that result must have a value type";
    /// A setter with another number of parameters.
    SetterParams { besides: &'static str }
        "setter function should have exactly one parameter{besides}";
    /// A setter with a result.
    SetterResult "setter function should return nothing or `(result (error $E)?)`";
}
