//! The symbols of object files as names.

use wattle_ast::custom::{LinkingSection, LinkingSubsection, SymbolKind};
use wattle_ast::{Module, Name};

/// Gives functions, globals, tables, tags and data segments of an object file without a name the
/// name that the section `linking` has for them. The first of several symbols counts.
///
/// ```
/// use wattle_ast::{Custom, CustomData, Module};
///
/// // A symbol table with one symbol: function 2, called `f`.
/// let linking = CustomData::Bytes(b"\x02\x08\x06\x01\0\0\x02\x01f"[..].into());
/// let mut module = Module::default();
/// module.customs.push(Custom { name: "linking".into(), data: linking, after: None });
/// wattle_inspect::name_by_symbols(&mut module);
/// assert_eq!(module.names.funcs.get(2.into()), Some(&"f".into()));
/// ```
pub fn name_by_symbols(module: &mut Module<'_>) {
    let Module { customs, names, .. } = module;
    let linking = customs.iter().filter(|custom| *custom.name == *LinkingSection::NAME);
    for linking in linking.filter_map(|custom| LinkingSection::parse(custom.data.bytes()?).ok()) {
        let mut datas = Vec::new();
        let (mut funcs, mut globals, mut tables, mut tags) = (vec![], vec![], vec![], vec![]);
        for subsection in &linking.subsections {
            if let LinkingSubsection::Segments(segments) = subsection {
                let named = (0_u32..).zip(segments).map(|(at, it)| (at.into(), owned(&it.name)));
                datas.extend(named);
            }
        }
        for symbol in linking.symbols() {
            match &symbol.kind {
                SymbolKind::Func { index, name: Some(name) } => {
                    funcs.push(((*index).into(), owned(name)));
                }
                SymbolKind::Global { index, name: Some(name) } => {
                    globals.push(((*index).into(), owned(name)));
                }
                SymbolKind::Table { index, name: Some(name) } => {
                    tables.push(((*index).into(), owned(name)));
                }
                SymbolKind::Tag { index, name: Some(name) } => {
                    tags.push(((*index).into(), owned(name)));
                }
                _ => {}
            }
        }
        // The last of several names of an index is kept, so the symbols come in reverse order, and
        // the names of the module behind them.
        macro_rules! add {
            ($( $list:ident ),*) => { $(
                let known = std::mem::take(&mut names.$list);
                names.$list = $list.into_iter().rev().chain(known).collect();
            )* };
        }
        add!(funcs, globals, tables, tags, datas);
    }
}

fn owned(name: &Name<'_>) -> Name<'static> {
    Name::from(name.to_string())
}
