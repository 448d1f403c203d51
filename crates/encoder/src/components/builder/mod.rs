//! The builder, for programs that generate components.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`ComponentBuilder`]: the definitions of a component |
//! | `types.rs` | the methods of several builders, and the builders of types with definitions |
//! | `scopes.rs` | the definitions so far, the open scopes, and the checks |
//! | `error.rs` | [`ComponentBuildError`]: misuse of a builder |

mod error;
mod scopes;
mod types;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Arg, Canon, CanonOpt, Case, Component, CoreArg, CoreInlineExport, CoreInstance,
    CoreSortIdx, CoreType, Definition, Encoding, Export, ExternDesc, ExternName, FuncType, Import,
    InlineExport, Instance, Layer, Names, ResourceType, Sort, SortIdx, SortIndex, Start, Type,
    TypeBound, ValType, Value, ValueBound,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx, Custom,
    CustomData, FuncIdx, InstanceIdx, Module, Name, Path, SubType, TypeIdx, ValueIdx,
};

pub use error::{ComponentBuildError, ComponentBuildErrorKind};
use scopes::Scopes;
pub use types::{ComponentTypeBuilder, InstanceTypeBuilder, ModuleTypeBuilder};
use types::{fields_of, import_methods, name, type_methods};

use super::stream::Encoder;

/// Builds a component from its parts, in order: each part may refer to earlier parts. Each method
/// that adds a definition with an index returns the index, in the type of its index space.
///
/// The builder checks that the definitions that a part refers to exist, that names and labels are
/// well-formed and do not conflict, and that each definition stands in a scope that permits it.
/// [`build`](ComponentBuilder::build) and [`encode`](ComponentBuilder::encode) report the errors.
/// Types are not compared: use a validator for that.
///
/// ```
/// use wattle_ast::components::{CanonOpt, PrimType};
/// use wattle_ast::{FuncIdx, Instr, Limits, MemArg, MemIdx, MemType, ValType};
/// use wattle_encoder::{ComponentBuilder, ModuleBuilder};
///
/// // This core module returns the string that it is given, as its address and its length.
/// let mut module = ModuleBuilder::new();
/// let memory = module.memory(MemType { limits: Limits { min: 1, ..Limits::default() }, ..MemType::default() });
/// let ty = module.ty([ValType::I32; 2], [ValType::I32]);
/// let echo = module.func(ty, |f| {
///     let (ptr, len) = (f.param(0), f.param(1));
///     let memarg = |offset| MemArg { offset, memory, align: 2 };
///     f.instrs([
///         Instr::I32Const { value: 0 },
///         Instr::LocalGet { local: ptr },
///         Instr::I32Store { memarg: memarg(0) },
///         Instr::I32Const { value: 0 },
///         Instr::LocalGet { local: len },
///         Instr::I32Store { memarg: memarg(4) },
///         Instr::I32Const { value: 0 },
///     ]);
/// });
/// // All strings are put at address 16.
/// let ty = module.ty([ValType::I32; 4], [ValType::I32]);
/// let realloc = module.func(ty, |f| {
///     f.instr(Instr::I32Const { value: 16 });
/// });
/// module.export("memory", memory);
/// module.export("echo", echo);
/// module.export("realloc", realloc);
///
/// let mut component = ComponentBuilder::new();
/// let module = component.core_module(module.build()?);
/// let instance = component.core_instance(module, []);
/// let memory: MemIdx = component.core_alias(instance, "memory");
/// let realloc: FuncIdx = component.core_alias(instance, "realloc");
/// let core_echo: FuncIdx = component.core_alias(instance, "echo");
/// let string = PrimType::String.into();
/// let ty = component.func_type([("text", string)], Some(string));
/// let opts = [CanonOpt::Utf8, CanonOpt::Memory(memory), CanonOpt::Realloc(realloc)];
/// let echo = component.lift(core_echo, ty, opts);
/// component.export("echo", echo);
/// component.names().funcs.insert(echo, "echo".into());
/// let bytes = component.encode()?;
/// assert_eq!(bytes[..8], *b"\0asm\x0d\0\x01\0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ComponentBuilder<'a> {
    scopes: Scopes<'a>,
}

impl Default for ComponentBuilder<'_> {
    fn default() -> Self {
        ComponentBuilder { scopes: Scopes::new() }
    }
}

impl<'a> ComponentBuilder<'a> {
    /// Makes a builder of a component.
    pub fn new() -> ComponentBuilder<'a> {
        ComponentBuilder::default()
    }

    type_methods!();
    import_methods!();

    /// Adds a resource type, whose resources are represented by a core type. The destructor is
    /// called when a resource is dropped.
    pub fn resource_type(
        &mut self,
        rep: wattle_ast::ValType,
        destructor: Option<FuncIdx>,
    ) -> ComponentTypeIdx {
        self.ty(Type::Resource(ResourceType { rep, destructor }))
    }

    /// Exports an item under a name, and returns its new index as an export. Later types and
    /// exports should refer to the new index.
    ///
    /// A name may have attributes:
    ///
    /// ```
    /// use wattle_ast::components::{ExternName, PrimType, Type};
    ///
    /// let mut component = wattle_encoder::ComponentBuilder::new();
    /// let level = component.enum_type(["low", "high"]);
    /// let name = ExternName::with_external_id("level", Some("7".into()));
    /// let exported = component.export(name, level);
    /// assert_ne!(exported, level);
    /// let levels = component.list_type(exported);
    /// ```
    pub fn export<I: SortIndex>(&mut self, name: impl Into<ExternName<'a>>, item: I) -> I {
        self.add_export(name.into(), item, None)
    }

    /// Exports an item under a name, with a supertype of its type.
    pub fn export_as<I: SortIndex>(
        &mut self,
        name: impl Into<ExternName<'a>>,
        item: I,
        ty: ExternDesc,
    ) -> I {
        self.add_export(name.into(), item, Some(ty))
    }

    fn add_export<I: SortIndex>(
        &mut self,
        name: ExternName<'a>,
        item: I,
        ty: Option<ExternDesc>,
    ) -> I {
        self.scopes.add(Definition::Export(Export { name, item: item.into(), ty }))
    }

    /// Adds a core module.
    pub fn core_module(&mut self, module: Module<'a>) -> CoreModuleIdx {
        self.scopes.add(Definition::CoreModule(Box::new(module)))
    }

    /// Adds a core module as bytes, such as the output of a compiler of another language. The bytes
    /// are not parsed, so [`build`](ComponentBuilder::build) cannot make a tree of the component.
    ///
    /// ```
    /// let mut component = wattle_encoder::ComponentBuilder::new();
    /// let module = component.core_module_bytes(&b"\0asm\x01\0\0\0"[..]);
    /// component.core_instance(module, []);
    /// let bytes = component.encode()?;
    /// assert_eq!(bytes[8..], *b"\x01\x08\0asm\x01\0\0\0\x02\x04\x01\0\0\0");
    /// # Ok::<(), wattle_encoder::ComponentBuildError>(())
    /// ```
    pub fn core_module_bytes(&mut self, bytes: impl Into<Cow<'a, [u8]>>) -> CoreModuleIdx {
        let bytes = bytes.into();
        let place = self.scopes.definitions.len();
        let index = self.core_module(Module::default());
        if Layer::of(&bytes) != Some(Layer::Module) {
            self.scopes.misuse(ComponentBuildErrorKind::NotAModule, None);
        }
        self.scopes.modules.push((place, bytes));
        index
    }

    /// Instantiates a core module with the instances that it imports from, by module name.
    ///
    /// ```
    /// # use wattle_ast::FuncIdx;
    /// let mut component = wattle_encoder::ComponentBuilder::new();
    /// let module = component.core_module_bytes(&b"\0asm\x01\0\0\0"[..]);
    /// let allocator = component.core_instance(module, []);
    /// let free: FuncIdx = component.core_alias(allocator, "free");
    /// let env = component.core_exports([("release", free.into())]);
    /// component.core_instance(module, [("env", env)]);
    /// ```
    pub fn core_instance<'n>(
        &mut self,
        module: CoreModuleIdx,
        args: impl IntoIterator<Item = (&'n str, CoreInstanceIdx)>,
    ) -> CoreInstanceIdx {
        let arg = |(label, instance)| CoreArg { name: name(label), instance };
        let args = args.into_iter().map(arg).collect();
        self.scopes.add(Definition::CoreInstance(CoreInstance::Instantiate { module, args }))
    }

    /// Adds a core instance that exports definitions of this component.
    pub fn core_exports<'n>(
        &mut self,
        exports: impl IntoIterator<Item = (&'n str, CoreSortIdx)>,
    ) -> CoreInstanceIdx {
        let export = |(label, item)| CoreInlineExport { name: name(label), item };
        let exports = exports.into_iter().map(export).collect();
        self.scopes.add(Definition::CoreInstance(CoreInstance::Exports(exports)))
    }

    /// Adds an alias of an export of a core instance. The type of the returned index determines the
    /// sort of the export.
    pub fn core_alias<I: SortIndex>(
        &mut self,
        instance: CoreInstanceIdx,
        name: impl Into<Name<'a>>,
    ) -> I {
        let name = name.into();
        match I::SORT {
            Sort::Core(sort) => {
                self.scopes.add(Definition::Alias(Alias::CoreExport { sort, instance, name }))
            }
            sort @ Sort::Plain(_) => {
                self.scopes.misuse(ComponentBuildErrorKind::CoreExportSort(sort), None);
                I::from(0)
            }
        }
    }

    /// Instantiates a component with arguments, by the names of its imports.
    pub fn instance<'n>(
        &mut self,
        component: ComponentIdx,
        args: impl IntoIterator<Item = (&'n str, SortIdx)>,
    ) -> InstanceIdx {
        let arg = |(label, item)| Arg { name: name(label), item };
        let args = args.into_iter().map(arg).collect();
        self.scopes.add(Definition::Instance(Instance::Instantiate { component, args }))
    }

    /// Adds an instance that exports definitions of this component.
    ///
    /// ```
    /// # let mut component = wattle_encoder::ComponentBuilder::new();
    /// let ty = component.func_type([], None);
    /// let log = component.import_func("log", ty);
    /// let logger = component.exports([("log", log.into())]);
    /// component.export("logger", logger);
    /// ```
    pub fn exports<'n>(
        &mut self,
        exports: impl IntoIterator<Item = (&'n str, SortIdx)>,
    ) -> InstanceIdx {
        let export = |(label, item)| InlineExport { name: name(label).into(), item };
        let exports = exports.into_iter().map(export).collect();
        self.scopes.add(Definition::Instance(Instance::Exports(exports)))
    }

    /// Makes a function of the component from a core function.
    pub fn lift(
        &mut self,
        func: FuncIdx,
        ty: ComponentTypeIdx,
        opts: impl IntoIterator<Item = CanonOpt>,
    ) -> ComponentFuncIdx {
        let opts = opts.into_iter().collect();
        self.scopes.add(Definition::Canon(Canon::Lift { func, opts, ty }))
    }

    /// Makes a core function from a function of the component.
    pub fn lower(
        &mut self,
        func: ComponentFuncIdx,
        opts: impl IntoIterator<Item = CanonOpt>,
    ) -> FuncIdx {
        let opts = opts.into_iter().collect();
        self.scopes.add(Definition::Canon(Canon::Lower { func, opts }))
    }

    /// Makes a core function from any canonical built-in.
    ///
    /// ```
    /// use wattle_ast::components::Canon;
    ///
    /// let mut component = wattle_encoder::ComponentBuilder::new();
    /// let file = component.resource_type(wattle_ast::ValType::I32, None);
    /// let new = component.canon(Canon::ResourceNew { resource: file });
    /// let stream = component.ty(wattle_ast::components::Type::Stream(None));
    /// let make = component.canon(Canon::StreamNew { ty: stream });
    /// assert_eq!((new.0, make.0), (0, 1));
    /// ```
    pub fn canon(&mut self, canon: Canon) -> FuncIdx {
        let is_lift = matches!(canon, Canon::Lift { .. });
        if is_lift {
            self.scopes.misuse(ComponentBuildErrorKind::Lift, None);
            return FuncIdx(0);
        }
        self.scopes.add(Definition::Canon(canon))
    }

    /// Adds a component, whose definitions the closure adds. Indices of this component have no
    /// meaning inside of it: [`outer_alias`](ComponentBuilder::outer_alias) makes types, components
    /// and core modules accessible there.
    ///
    /// ```
    /// use wattle_ast::components::{PrimType, Type};
    ///
    /// let mut outer = wattle_encoder::ComponentBuilder::new();
    /// let bytes = outer.list_type(PrimType::U8);
    /// let inner = outer.component(|inner| {
    ///     let bytes = inner.outer_alias(1, bytes);
    ///     inner.export("bytes", bytes);
    /// });
    /// let instance = outer.instance(inner, []);
    /// assert_eq!((inner.0, instance.0), (0, 0));
    /// ```
    pub fn component(&mut self, content: impl FnOnce(&mut ComponentBuilder<'a>)) -> ComponentIdx {
        let index = self.scopes.enter(Definition::Component);
        content(self);
        self.scopes.leave();
        index
    }

    /// Adds an existing component.
    pub fn add_component(&mut self, component: Component<'a>) -> ComponentIdx {
        if component.check().is_err() {
            self.scopes.misuse(ComponentBuildErrorKind::Misplaced, None);
        }
        self.scopes.scope(Definition::Component, |scopes| {
            scopes.definitions.extend(component.definitions);
        })
    }

    /// Adds a call of a start function, and returns the index of its first result.
    pub fn start(
        &mut self,
        func: ComponentFuncIdx,
        args: impl IntoIterator<Item = ValueIdx>,
        results: u32,
    ) -> ValueIdx {
        let args = args.into_iter().collect();
        self.scopes.add(Definition::Start(Start { func, args, results }))
    }

    /// Adds a value of a type, in the binary format of values.
    pub fn value(&mut self, ty: impl Into<ValType>, bytes: impl Into<Cow<'a, [u8]>>) -> ValueIdx {
        self.scopes.add(Definition::Value(Value { ty: ty.into(), bytes: bytes.into() }))
    }

    /// Adds a custom section.
    pub fn custom(&mut self, name: impl Into<Name<'a>>, bytes: impl Into<Cow<'a, [u8]>>) {
        let data = CustomData::Bytes(bytes.into());
        self.scopes.push(Definition::Custom(Custom { name: name.into(), data, after: None }));
    }

    /// Adds any definition that does not open a scope, and returns the first index that it adds.
    ///
    /// ```
    /// use wattle_ast::components::{Definition, ExternName, InlineExport, Instance};
    ///
    /// # let mut component = wattle_encoder::ComponentBuilder::new();
    /// // An instance that says which interface it implements.
    /// let inner = component.exports([]);
    /// let mut name = ExternName::from("backend");
    /// name.attributes_mut().implements = Some("a:b/c".into());
    /// let exports = [InlineExport { name, item: inner.into() }].into();
    /// let instance = component.definition(Definition::Instance(Instance::Exports(exports)));
    /// assert_eq!(instance.unwrap().number(), 1);
    /// ```
    pub fn definition(&mut self, definition: Definition<'a>) -> Option<SortIdx> {
        if definition.opens().is_some() || definition == Definition::End {
            self.scopes.misuse(ComponentBuildErrorKind::Misplaced, Some(&definition));
            return None;
        }
        self.scopes.push(definition)
    }

    /// The names of the component and its definitions, for reading and changing. They become its
    /// name section.
    pub fn names(&mut self) -> &mut Names<'a> {
        self.scopes.names()
    }

    /// Returns the component as a tree.
    ///
    /// # Errors
    /// The first misuse of the builder, and the error for a core module that was given as bytes.
    pub fn build(self) -> Result<Component<'a>, ComponentBuildError> {
        let (definitions, modules) = self.finish()?;
        match modules.is_empty() {
            true => Ok(Component { definitions, encoding: Encoding::default() }),
            false => {
                let kind = ComponentBuildErrorKind::ModuleBytes;
                Err(ComponentBuildError::new(kind, Path::default()))
            }
        }
    }

    /// Returns the bytes of the component.
    ///
    /// # Errors
    /// The first misuse of the builder.
    pub fn encode(self) -> Result<Vec<u8>, ComponentBuildError> {
        let (definitions, modules) = self.finish()?;
        let mut encoder = Encoder::new();
        let mut modules = modules.into_iter().peekable();
        for (place, definition) in definitions.iter().enumerate() {
            match modules.next_if(|(module, _)| *module == place) {
                Some((_, bytes)) => encoder.core_module_bytes(&bytes),
                None => encoder.definition(definition),
            }
        }
        Ok(encoder.finish())
    }

    #[allow(clippy::type_complexity)]
    fn finish(
        mut self,
    ) -> Result<(Vec<Definition<'a>>, Vec<(usize, Cow<'a, [u8]>)>), ComponentBuildError> {
        self.scopes.end_names();
        match self.scopes.error {
            Some(error) => Err(error),
            None => Ok((self.scopes.definitions, self.scopes.modules)),
        }
    }
}
