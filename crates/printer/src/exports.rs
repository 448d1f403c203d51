//! Finds the exports that are written inside the items that they export.

use alloc::collections::BTreeMap;

use wattle_ast::{ExternIdx, ExternKind};

use crate::context::Context;

/// The exports that are written inside the items that they export.
///
/// The order of exports in the text is their order in the module. So an export can be inline only
/// if that keeps the order. At the start of the list, these are the exports of items that are
/// printed before the export fields, as far as the orders agree; at the end of the list, the
/// exports of functions, which are printed after the export fields.
#[derive(Default)]
pub(crate) struct InlineExports {
    /// For each item, the range of its exports.
    ranges: BTreeMap<ExternIdx, (usize, usize)>,
    /// The number of inline exports before the export fields.
    front: usize,
    /// The place of the first export that is inline in a function.
    back: usize,
}

impl InlineExports {
    pub(crate) fn new(context: &Context<'_>) -> InlineExports {
        let exports = &context.module.exports;
        let mut inline = InlineExports { back: exports.len(), ..InlineExports::default() };
        if !context.config.inline_imports_exports {
            return inline;
        }
        let places = places(context);
        let place = |index: ExternIdx| places.get(&index).copied();
        let mut last = (0, 0);
        for export in exports {
            match place(export.index) {
                Some(here) if here.0 < FUNC_STAGE && here >= last => last = here,
                _ => break,
            }
            inline.front += 1;
        }
        let mut next = (usize::MAX, usize::MAX);
        for export in exports.iter().skip(inline.front).rev() {
            match place(export.index) {
                Some(here) if here.0 == FUNC_STAGE && here <= next => next = here,
                _ => break,
            }
            inline.back -= 1;
        }
        for (at, export) in exports.iter().enumerate() {
            if inline.is_inline(at) {
                inline.ranges.entry(export.index).or_insert((at, at)).1 = at + 1;
            }
        }
        inline
    }

    pub(crate) fn is_inline(&self, place: usize) -> bool {
        place < self.front || place >= self.back
    }

    pub(crate) fn of(&self, index: ExternIdx) -> (usize, usize) {
        self.ranges.get(&index).copied().unwrap_or((0, 0))
    }
}

/// The stage at which functions are printed, after the export fields.
const FUNC_STAGE: usize = 5;

/// Returns the time at which each item that can have inline exports is printed: a stage, and a
/// place in the stage.
fn places(context: &Context<'_>) -> BTreeMap<ExternIdx, (usize, usize)> {
    let module = context.module;
    let mut places = BTreeMap::new();
    let mut imports = module.indexed_imports().enumerate();
    for run in module.import_runs() {
        let imports = imports.by_ref().take(run.items.len());
        let alone = imports.filter(|_| run.group.is_none());
        places.extend(alone.map(|(place, (index, _))| (index, (0, place))));
    }
    for (stage, kind) in [
        (1, ExternKind::Table),
        (2, ExternKind::Mem),
        (3, ExternKind::Tag),
        (4, ExternKind::Global),
        (FUNC_STAGE, ExternKind::Func),
    ] {
        let defined = context.spaces.imported(kind)..context.spaces.len(kind);
        places
            .extend(defined.zip(0..).map(|(at, place)| (ExternIdx::new(kind, at), (stage, place))));
    }
    places
}
