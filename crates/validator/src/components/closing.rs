//! The ends of scopes: makes types from the definitions of components, and of types of components
//! and instances.

use alloc::vec::Vec;

use wattle_ast::components::{Scope as Form, Sort};
use wattle_ast::{DefinitionRef, Outer};

use super::entities::{ComponentParts, Entry};
use super::error::ComponentErrorKind as K;
use super::nodes::NodeId;
use super::validator::Validator;

impl Validator {
    /// Closes the current scope, and adds its component or type to the enclosing scope.
    pub(super) fn close(&mut self) {
        let sort = match self.scope().step {
            Some(Outer::CoreModule(_)) | None => {
                let error = K::Misplaced.into();
                return self.report(error, None);
            }
            Some(outer) => outer.sort(),
        };
        self.span = self.scope().span;
        if self.form() == Form::ModuleType {
            return self.close_module_type();
        }
        let word = self.finish_scope().unwrap_or(NodeId::UNKNOWN).0;
        let Some(_) = self.scopes.pop() else { return };
        self.add_closed(sort, word);
    }

    /// Adds the type or component of a scope that was just closed. A type counts towards the limit
    /// from now on.
    pub(crate) fn add_closed(&mut self, sort: Sort, word: u32) {
        if sort != Sort::COMPONENT
            && let Err(error) = self.types_within(1)
        {
            let index = self.scope().len(sort);
            self.report(error, Some(DefinitionRef::Indexed(sort, index)));
        }
        self.scope_mut().push(sort, word);
        self.scope_mut().counts.definitions += 1;
    }

    /// Returns the type of the component or instance whose scope ends.
    pub(super) fn finish_scope(&mut self) -> Option<NodeId> {
        if self.form() == Form::Component {
            let unused = self.scope().used.iter().position(|used| !used);
            if let Some(index) = unused {
                let error = K::ValueUnused { index: index as u32 }.into();
                let place = DefinitionRef::Indexed(Sort::VALUE, index as u32);
                self.report(error, Some(place));
            }
        }
        let scope = self.scope();
        let (imports, exports) = (&scope.imports.entries, &scope.exports.entries);
        if scope.form == Form::InstanceType {
            let bound: Vec<u32> = scope.defined.keys().copied().collect();
            let exports = exports.clone();
            return Some(self.arena.instance(&bound, &exports));
        }
        let nodes = |entries: &[Entry]| {
            entries.iter().filter_map(|entry| entry.entity.node()).collect::<Vec<_>>()
        };
        let in_imports = self.arena.free_resources(nodes(imports).into_iter());
        let in_exports = self.arena.free_resources(nodes(exports).into_iter());
        let exported = self.arena.exported_resources(exports);
        let mut problems = Vec::new();
        let mut defined = Vec::new();
        for &resource in scope.defined.keys() {
            if in_imports.contains(&resource) {
                let resource = self.arena.describe_variable(resource);
                problems.push(K::LocalInImports { resource });
            }
            if in_exports.contains(&resource) {
                if !exported.contains(&resource) {
                    let resource = self.arena.describe_variable(resource);
                    problems.push(K::LocalInExports { resource });
                }
                defined.push(resource);
            }
        }
        let parts = ComponentParts {
            imported: scope.imported.clone(),
            defined,
            imports: imports.clone(),
            exports: exports.clone(),
        };
        for problem in problems {
            self.report(problem.into(), None);
        }
        Some(self.arena.component(&parts))
    }
}
