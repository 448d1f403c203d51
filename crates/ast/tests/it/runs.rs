//! Groups of types and of imports, as runs of a list.

use wattle_ast::{
    ExternType, FuncType, Group, Import, ImportGroup, Module, RecGroup, Runs, TypeIdx,
};

/// The first item and the number of members of each group that is not left out.
fn groups<G: Group<T>, T>(runs: Runs<'_, G, T>) -> Vec<(u32, usize)> {
    let mut end = 0;
    let runs: Vec<_> = runs.collect();
    for run in &runs {
        assert_eq!(run.first as usize, end, "runs tile the list");
        assert!(run.group.is_some() || run.items.len() == 1);
        end += run.items.len();
    }
    let groups = runs.iter().filter(|run| run.group.is_some());
    groups.map(|run| (run.first, run.items.len())).collect()
}

#[test]
fn groups_that_do_not_fit_are_left_out() {
    let types = vec![FuncType::default().into(); 4].into();
    let mut module = Module { types, ..Module::default() };
    for (ranges, fit) in [
        (&[(0, 2), (2, 0), (2, 2), (4, 0)][..], &[(0, 2), (2, 0), (2, 2), (4, 0)][..]),
        (&[(0, 2), (1, 2), (3, 1)], &[(0, 2), (3, 1)]),
        (&[(2, 2), (0, 1)], &[(2, 2)]),
        (&[(9, 1), (0, 1)], &[(0, 1)]),
        (&[(3, 2), (3, u32::MAX), (u32::MAX, u32::MAX)], &[]),
        (&[(5, 0)], &[]),
    ] {
        let group = |&(first, len)| RecGroup { first: TypeIdx(first), len };
        module.rec_groups = ranges.iter().map(group).collect();
        assert_eq!(groups(module.type_runs()), fit, "{ranges:?}");
    }
    module.types.clear();
    assert_eq!(groups(module.type_runs()), []);
    module.rec_groups = vec![RecGroup { first: TypeIdx(0), len: 0 }];
    assert_eq!(groups(module.type_runs()), [(0, 0)]);
}

#[test]
fn imports_leave_groups_that_say_otherwise() {
    let func = ExternType::Func(TypeIdx(0));
    let import = |module: &'static str, ty| Import { module: module.into(), name: "f".into(), ty };
    let imports = vec![import("m", func); 4];
    let mut module = Module { imports, ..Module::default() };
    let group = |first, ty| ImportGroup { first, len: 2, module: "m".into(), ty };
    module.import_groups = vec![group(0, None), group(2, Some(func))];
    assert_eq!(groups(module.import_runs()), [(0, 2), (2, 2)]);
    module.imports[3].ty = ExternType::Func(TypeIdx(1));
    assert_eq!(groups(module.import_runs()), [(0, 2)]);
    module.imports[1].module = "n".into();
    assert_eq!(groups(module.import_runs()), []);
}
