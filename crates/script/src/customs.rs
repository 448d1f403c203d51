//! Checks of custom sections: branch hints must stand at instructions that can have them.

use wattle_ast::custom::BranchHints;
use wattle_ast::{CustomData, DefIdx, ExternKind, Instr, Module};

/// The message that the official tests expect.
const HINT: &str = "@metadata.code.branch_hint annotation: invalid target";

/// Checks the custom sections of a module that is valid otherwise.
pub(super) fn check(module: &Module<'_>) -> Result<(), &'static str> {
    for custom in &module.customs {
        if let (BranchHints::NAME, CustomData::Bytes(bytes)) = (custom.name.as_str(), &custom.data)
        {
            // A section that cannot be parsed contains no hints.
            BranchHints::parse(bytes).map_or(Ok(()), |hints| check_hints(module, &hints))?;
        }
    }
    Ok(())
}

/// Checks that every hint is at an `if` or a `br_if`.
///
/// Spec: <https://webassembly.github.io/branch-hinting/core/appendix/custom.html#branch-hint-section>
fn check_hints(module: &Module<'_>, hints: &BranchHints) -> Result<(), &'static str> {
    let imported = module.imported(ExternKind::Func);
    for func in &hints.funcs {
        let place = DefIdx::behind(imported, func.func).ok_or(HINT)?;
        let body = &module.funcs.get(place).ok_or(HINT)?.body;
        let mut wanted = func.entries.iter().map(|hint| hint.offset as usize).peekable();
        for (offset, instr) in body.instrs().with_offsets().flatten() {
            if wanted.next_if_eq(&body.code_offset().saturating_add(offset)).is_some()
                && !matches!(instr, Instr::If { .. } | Instr::BrIf { .. })
            {
                return Err(HINT);
            }
        }
        if wanted.peek().is_some() {
            return Err(HINT);
        }
    }
    Ok(())
}
