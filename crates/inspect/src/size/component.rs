//! The definitions of a component as pieces, and their references.

use std::collections::HashMap;

use wattle_ast::components::{Alias, CoreInstance, Definition, Instance, Layer, Sort, SortIdx};

use super::walk::{Found, Place, kind_of};

/// A component that is open: its index spaces, and its references.
#[derive(Default)]
pub(super) struct Scope {
    /// The piece of each index.
    spaces: HashMap<Sort, Vec<u32>>,
    references: Vec<(u32, SortIdx)>,
    /// The type whose definitions are being read, and the number of types that are open in it.
    open: Option<(u32, usize)>,
    /// The number of definitions that add to no index space.
    others: u32,
}

impl Scope {
    /// Returns the piece that has an index.
    pub(super) fn get(&self, index: SortIdx) -> Option<u32> {
        self.spaces.get(&index.sort())?.get(index.number() as usize).copied()
    }

    /// Adds the preamble of an inner module or component. Returns its sort and index.
    pub(super) fn add_inner(&mut self, layer: Layer, preamble: u32) -> (Sort, usize) {
        self.open = None;
        let sort = layer.sort();
        let space = self.spaces.entry(sort).or_default();
        space.push(preamble);
        (sort, space.len() - 1)
    }

    /// Adds a definition. If it refers to a definition of an outer scope, returns its piece, the
    /// number of scopes to go out, and the index there.
    pub(super) fn definition<'a>(
        &mut self,
        found: &mut Found<'a>,
        place: Place,
        definition: Definition<'a>,
        size: usize,
    ) -> Option<(u32, u32, SortIdx)> {
        // Open types are scopes too.
        let (piece, depth) = match &mut self.open {
            Some((piece, depth)) => {
                found.grow(*piece, size);
                let entry = (*piece, *depth);
                *depth = definition.depth_after(*depth);
                if *depth == 0 {
                    self.open = None;
                }
                entry
            }
            None => (self.add(found, place, &definition, size), 0),
        };
        match definition {
            Definition::Alias(Alias::Outer { count, item }) if count as usize >= depth => {
                match count - depth as u32 {
                    0 => {
                        self.references.push((piece, item));
                        None
                    }
                    levels => Some((piece, levels, item)),
                }
            }
            _ => None,
        }
    }

    /// Adds a definition that is not in a type. Returns its piece.
    fn add<'a>(
        &mut self,
        found: &mut Found<'a>,
        place: Place,
        definition: &Definition<'a>,
        size: usize,
    ) -> u32 {
        let (kind, adds) = kind_of(definition);
        let index = match adds {
            Some((sort, _)) => self.spaces.get(&sort).map_or(0, Vec::len) as u32,
            None => {
                self.others += 1;
                self.others - 1
            }
        };
        let piece = found.add(place, kind, index, size);
        if let Some((sort, count)) = adds {
            let space = self.spaces.entry(sort).or_default();
            space.extend(std::iter::repeat_n(piece, count as usize));
        }
        definition.uses(|index| self.references.push((piece, index)));
        let counts = match definition {
            Definition::Import(import) => {
                found.name(piece, import.name.name.to_string().into());
                true
            }
            Definition::Export(export) => {
                found.name(piece, export.name.name.to_string().into());
                true
            }
            // Instantiating a module may write to memories and tables that others see.
            Definition::CoreInstance(CoreInstance::Instantiate { .. })
            | Definition::Instance(Instance::Instantiate { .. })
            | Definition::Start(_) => true,
            _ => false,
        };
        if counts {
            found.refer(place.preamble, piece);
        }
        if definition.opens().is_some() {
            self.open = Some((piece, 1));
        }
        piece
    }

    /// Ends the component.
    pub(super) fn finish(self, found: &mut Found<'_>) {
        for &(from, index) in &self.references {
            if let Some(to) = self.get(index) {
                found.refer(from, to);
            }
        }
    }
}
