//! The place of the parser in a component: the open scopes, and the number of definitions of each
//! sort in each of them so far. Only errors use it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    CanonOp, Decl, Definition, Layer, ModuleDecl, Numbered, Scope, SectionId, Sort,
};
use wattle_ast::{DefinitionRef, Outer, Reader};

/// The numbers of definitions in a scope, by sort, followed by the numbers of those that are
/// numbered by kind.
type Numbers = [u32; Sort::COUNT + Numbered::COUNT];

#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The numbers of the innermost scope.
    here: Numbers,
    /// The open scopes, from the outermost inwards. Before each stand the numbers of the scope
    /// around it that are not zero; so a scope of three bytes of input takes little memory.
    outer: Vec<Saved>,
}

#[derive(Clone, Copy, Debug)]
enum Saved {
    Number(usize, u32),
    Scope(Outer),
}

impl Place {
    /// Moves past a definition, and into the type if it opens one.
    pub(crate) fn add(&mut self, definition: &Definition<'_>) {
        if let Definition::End = definition {
            return self.leave();
        }
        if let Some(kind) = definition.numbered() {
            self.count(Sort::COUNT + kind as usize, 1);
        }
        let Some((sort, number)) = definition.adds() else { return };
        let index = self.number(sort);
        self.count(sort.place(), number);
        if let Some(scope) = definition.opens() {
            self.enter(scope.outer(index));
        }
    }

    fn count(&mut self, place: usize, number: u32) {
        let count = &mut self.here[place];
        *count = count.saturating_add(number);
    }

    fn next_of(&self, kind: Numbered) -> DefinitionRef {
        kind.reference(self.here[Sort::COUNT + kind as usize])
    }

    fn number(&self, sort: Sort) -> u32 {
        self.here[sort.place()]
    }

    /// Moves into an inner module or component.
    pub(crate) fn enter_inner(&mut self, layer: Layer) {
        let sort = layer.sort();
        let Some(outer) = Outer::of(sort, self.number(sort)) else { return };
        self.count(sort.place(), 1);
        self.enter(outer);
    }

    fn enter(&mut self, outer: Outer) {
        let numbers = self.here.iter().enumerate().filter(|(_, number)| **number > 0);
        self.outer.extend(numbers.map(|(place, number)| Saved::Number(place, *number)));
        self.outer.push(Saved::Scope(outer));
        self.here = Numbers::default();
    }

    /// Moves out of the innermost scope.
    pub(crate) fn leave(&mut self) {
        self.here = Numbers::default();
        self.outer.pop();
        while let Some(&Saved::Number(place, number)) = self.outer.last() {
            self.here[place] = number;
            self.outer.pop();
        }
    }

    /// The open scopes.
    pub(crate) fn outer(&self) -> Box<[Outer]> {
        let scopes = self.outer.iter().filter_map(|saved| match saved {
            Saved::Scope(outer) => Some(*outer),
            Saved::Number(..) => None,
        });
        scopes.collect()
    }

    /// The next definition of a section, or of the type `scope` in it. `reader` is at its first byte.
    pub(crate) fn next(
        &self,
        section: SectionId,
        scope: Option<Scope>,
        mut reader: Reader<'_>,
    ) -> Option<DefinitionRef> {
        let section = match scope {
            None | Some(Scope::Component) => section,
            Some(Scope::ModuleType) => match ModuleDecl::from_code(reader.byte().ok()?)? {
                ModuleDecl::CoreImportDecl => SectionId::Import,
                ModuleDecl::CoreExportDecl => SectionId::Export,
                // An alias there is always one of a type.
                ModuleDecl::CoreType | ModuleDecl::Alias => SectionId::CoreType,
            },
            Some(_) => match Decl::from_code(reader.byte().ok()?)? {
                Decl::CoreType => SectionId::CoreType,
                Decl::Type => SectionId::Type,
                Decl::Alias => SectionId::Alias,
                Decl::Import => SectionId::Import,
                Decl::ExportDecl => SectionId::Export,
            },
        };
        let sort = match section {
            SectionId::Alias => reader.read().ok(),
            SectionId::Canon => reader.byte().ok().and_then(CanonOp::from_code).map(CanonOp::sort),
            _ => None,
        };
        Some(self.definition(section, sort))
    }

    /// The next definition of a section. `sort` is the index space that it adds to, for sections
    /// whose definitions can have different sorts.
    pub(crate) fn definition(&self, section: SectionId, sort: Option<Sort>) -> DefinitionRef {
        let sort = match section {
            SectionId::Custom => return self.next_of(Numbered::Custom),
            SectionId::Start => return self.next_of(Numbered::Start),
            SectionId::Import => return self.next_of(Numbered::Import),
            SectionId::Export => return self.next_of(Numbered::Export),
            SectionId::CoreModule => Some(Sort::CORE_MODULE),
            SectionId::CoreInstance => Some(Sort::CORE_INSTANCE),
            SectionId::CoreType => Some(Sort::CORE_TYPE),
            SectionId::Component => Some(Sort::COMPONENT),
            SectionId::Instance => Some(Sort::INSTANCE),
            SectionId::Type => Some(Sort::TYPE),
            SectionId::Value => Some(Sort::VALUE),
            SectionId::Alias | SectionId::Canon => sort,
        };
        match sort {
            Some(sort) => DefinitionRef::Indexed(sort, self.number(sort)),
            None => DefinitionRef::Section(section),
        }
    }
}
