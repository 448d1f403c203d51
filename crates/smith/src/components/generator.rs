//! The state of the generator of a component, and its steps.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{Counts, Definition, Sort, SortIdx};
use wattle_ast::{Features, FuncIdx, FuncType, MemIdx};

use super::model::{Comp, Inst, Item, Recipe, Sig, TypeEntry};
use crate::entropy::Entropy;

/// The greatest number of steps in the outermost component, and in a component inside of another.
const STEPS: [u32; 2] = [80, 16];
/// The greatest nesting depth of components, and the greatest number of components.
const MAX_DEPTH: usize = 4;
const MAX_COMPONENTS: u32 = 12;

/// The memory of a component and the core function that allocates in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lib {
    pub(super) memory: MemIdx,
    pub(super) realloc: FuncIdx,
}

/// A scope: a component, or the type of a component or instance. The first lists are index spaces.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) types: Vec<TypeEntry>,
    pub(super) funcs: Vec<Rc<Sig>>,
    pub(super) instances: Vec<Rc<Inst>>,
    pub(super) components: Vec<Rc<Comp>>,
    /// The types of core functions, where they are known.
    pub(super) core_funcs: Vec<Option<FuncType>>,
    /// The numbers of definitions.
    pub(super) counts: Counts,
    pub(super) imports: Vec<(String, Rc<Recipe>)>,
    pub(super) exports: Vec<(String, Item)>,
    pub(super) lib: Option<Lib>,
    steps: u32,
}

/// The generator of one component.
pub(super) struct Generator<'a> {
    pub(super) entropy: Entropy<'a>,
    pub(super) features: Features,
    pub(super) definitions: Vec<Definition<'static>>,
    /// The open scopes, outermost first. There always is one.
    pub(super) frames: Vec<Frame>,
    /// The number of names that were made, which makes each of them different.
    names: u32,
    components: u32,
}

impl<'a> Generator<'a> {
    pub(super) fn new(entropy: Entropy<'a>, features: Features) -> Generator<'a> {
        let frames = Vec::from([Frame { steps: STEPS[0], ..Frame::default() }]);
        Generator { entropy, features, definitions: Vec::new(), frames, names: 0, components: 0 }
    }

    pub(super) fn has(&self, feature: Features) -> bool {
        self.features.contains_all(feature)
    }

    /// The innermost scope.
    pub(super) fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Whether the innermost scope is the outermost component.
    pub(super) fn is_outermost(&self) -> bool {
        self.frames.len() == 1
    }

    /// Adds a definition to the innermost scope, and returns its index, the first one if it has several.
    pub(super) fn emit(&mut self, definition: Definition<'static>) -> u32 {
        let index = self.frame().counts.add(&definition);
        self.definitions.push(definition);
        index.map_or(0, SortIdx::number)
    }

    /// A name that no other is in conflict with.
    pub(super) fn label(&mut self) -> String {
        self.names += 1;
        match self.names % 4 {
            0 => format!("a-b{}", self.names),
            1 => format!("X{}", self.names),
            _ => format!("n{}", self.names),
        }
    }

    /// The name of an interface.
    pub(super) fn interface(&mut self) -> String {
        self.names += 1;
        match self.names % 2 {
            0 => format!("a:b-c/n{}", self.names),
            _ => format!("a:b/n{}@1.2.3-rc.1", self.names),
        }
    }

    /// Makes all definitions.
    pub(super) fn run(&mut self) {
        loop {
            let is_done = self.entropy.is_empty() || self.frame().steps == 0;
            match (is_done, self.is_outermost()) {
                (false, _) => {
                    self.frame().steps -= 1;
                    self.step();
                }
                (true, false) => self.close_component(),
                (true, true) => return,
            }
        }
    }

    /// Makes a definition and the definitions that it needs. Makes nothing if one that it needs is
    /// missing.
    fn step(&mut self) {
        match self.entropy.below(48) {
            0..8 => drop(self.make_value_type()),
            8..12 => drop(self.make_func_type()),
            12..14 => self.make_resource(),
            14..16 => self.make_type_import(),
            16..19 => self.make_func_import(),
            19..21 => self.make_instance_import(),
            21 => self.make_component_import(),
            22..25 => self.make_alias(),
            25..27 => self.make_outer_alias(),
            27 => self.make_core_module(),
            28..31 => self.make_lift(),
            31..34 => self.make_lower(),
            34..38 => self.make_built_in(),
            38 => self.make_core_instance(),
            39..41 => self.open_component(),
            41..43 => self.make_instance(),
            43 => self.make_inline_instance(),
            44 => self.make_core_type(),
            _ => self.make_export(),
        }
    }

    fn open_component(&mut self) {
        if self.frames.len() < MAX_DEPTH && self.components < MAX_COMPONENTS {
            self.components += 1;
            self.emit(Definition::Component);
            self.frames.push(Frame { steps: STEPS[1], ..Frame::default() });
        }
    }

    fn close_component(&mut self) {
        let Some(Frame { imports, exports, .. }) = self.frames.pop() else { return };
        self.emit(Definition::End);
        self.frame().components.push(Rc::new(Comp { imports, exports }));
    }

    /// The number of indices of a sort in the innermost scope.
    pub(super) fn count(&mut self, sort: Sort) -> u32 {
        self.frame().counts.len(sort)
    }

    /// A random entry of a list of the innermost scope for which `accept` returns a value: its index,
    /// and the value.
    pub(super) fn find<E, T>(
        &mut self,
        list: impl FnOnce(&Frame) -> &[E],
        accept: impl Fn(&E) -> Option<T>,
    ) -> Option<(u32, T)> {
        let list = list(self.frames.last()?);
        let mut order = self.entropy.rotation(list.len());
        order.find_map(|at| list.get(at as usize).and_then(&accept).map(|found| (at, found)))
    }

    /// A random type of the innermost scope for which `accept` gives something, by its index.
    pub(super) fn find_type<T>(
        &mut self,
        accept: impl Fn(&TypeEntry) -> Option<T>,
    ) -> Option<(u32, T)> {
        self.find(|frame| &frame.types, accept)
    }
}
