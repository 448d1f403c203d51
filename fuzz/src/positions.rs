//! Generated modules with metadata of instructions, in bodies that are not in their shortest form:
//! metadata stays at its instruction, however the module is rewritten.

use std::borrow::Cow;

use wattle::ast::custom::{BranchHints, CodeMetadata};
use wattle::ast::{
    Arity, Body, Custom, CustomData, DefIdx, Encode, ExternKind, Features, FuncIdx, Instr, Local,
    Module, SectionId,
};
use wattle::parser::Parser;
use wattle::printer::Config;
use wattle::{encoder, wat};

use crate::Random;

/// A kind of metadata beside branch hints.
const TRACE: &str = "metadata.code.trace";

/// A piece of metadata: a function, the number of an instruction in it, a name, a value.
type Known = (u32, usize, String, Vec<u8>);

/// Checks that the metadata of a generated module stays at its instructions through the canonical
/// form and through text. Returns the number of pieces of metadata.
///
/// # Panics
/// When the property does not hold.
pub fn check(config: &wattle_smith::Config, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let mut module = wattle_smith::from_seed(config, seed).module;
    let known = annotate(&mut module, &mut random);
    let bytes = encoder::encode(&module);
    let module = read(&bytes);
    assert_eq!(known_in(&module), known, "metadata at other instructions in the bytes");
    let canonical = encoder::encode_canonical(&module);
    let again = read(&canonical);
    assert_eq!(known_in(&again), known, "metadata at other instructions in the canonical form");
    for config in [Config::new(), Config::new().fold(true), Config::new().offsets(true)] {
        let text = config.print(&module);
        assert!(!text.contains(&format!("(@custom \"{}", BranchHints::NAME)), "{text}");
        let parsed = match wat::Parser::new().features(Features::ALL).module(&text) {
            Ok(parsed) => parsed.module,
            Err(errors) => panic!("own text is malformed: {errors}\n{text}"),
        };
        assert_eq!(known_in(&parsed), known, "metadata at other instructions in text:\n{text}");
        assert!(encoder::encode_canonical(&parsed) == canonical, "text leads to other bytes");
    }
    known.len()
}

fn read(bytes: &[u8]) -> Module<'_> {
    match Parser::new().features(Features::ALL).module(bytes) {
        Ok(module) => module,
        Err(error) => panic!("own bytes are malformed: {error}"),
    }
}

/// Writes bodies in longer forms, and adds sections with metadata of some instructions.
fn annotate(module: &mut Module<'_>, random: &mut Random) -> Vec<Known> {
    let imported = module.imported(ExternKind::Func);
    let mut known = Vec::new();
    let anywhere = random.below(4) == 0;
    let mut hints = CodeMetadata::<Cow<'_, [u8]>>::default();
    let mut traces = hints.clone();
    for (func, index) in module.funcs.iter_mut().zip(imported..) {
        // Now and then each local gets a run of its own.
        let locals: Vec<Local> = func.body.locals().collect();
        let split = random.below(3) == 0 && func.body.local_count() < 100;
        let locals = locals.iter().flat_map(|run| match split {
            true => vec![Local { count: 1, ..*run }; run.count as usize],
            false => vec![*run],
        });
        let locals = Body::new(locals, std::iter::empty().collect());
        let mut bytes = locals.bytes().to_vec();
        for (nth, instr) in func.body.instrs().flatten().enumerate() {
            let at = bytes.len() as u32;
            if matches!(instr, Instr::If { .. } | Instr::BrIf { .. }) && random.below(2) == 0 {
                let value = vec![random.below(2) as u8];
                hints.set(FuncIdx(index), at, value.clone().into());
                known.push((index, nth, BranchHints::NAME.to_owned(), value));
            }
            // Text has no place for annotations at an instruction that parts or ends a block. With
            // metadata there, the section is kept.
            let has_place = !matches!(instr.opcode().info().arity, Arity::Part | Arity::Close);
            if random.below(8) == 0 && (anywhere || has_place) {
                let value: Vec<u8> =
                    (0..random.below(4)).map(|_| random.below(256) as u8).collect();
                traces.set(FuncIdx(index), at, value.clone().into());
                known.push((index, nth, TRACE.to_owned(), value));
            }
            instr.encode(&mut bytes);
            if random.below(4) == 0 {
                pad(&mut bytes, &instr, random);
            }
        }
        func.body = match Body::from_bytes(bytes) {
            Ok(body) => body,
            Err(error) => panic!("the locals are malformed: {error}"),
        };
    }
    let last = module.last_section();
    for (name, metadata) in [(BranchHints::NAME, hints), (TRACE, traces)] {
        let after = [None, Some(SectionId::Type), last][random.below(3)];
        let data = CustomData::Bytes(metadata.to_bytes().into());
        if !metadata.funcs.is_empty() {
            module.customs.push(Custom { name: name.into(), data, after });
        }
    }
    known.sort();
    known
}

/// Writes the integer that an instruction ends with in more bytes than it needs.
fn pad(bytes: &mut Vec<u8>, instr: &Instr<'_>, random: &mut Random) {
    let is_signed = matches!(instr, Instr::I32Const { .. });
    let is_index = matches!(
        instr,
        Instr::LocalGet { .. }
            | Instr::LocalSet { .. }
            | Instr::LocalTee { .. }
            | Instr::GlobalGet { .. }
            | Instr::GlobalSet { .. }
            | Instr::Call { .. }
            | Instr::Br { .. }
            | Instr::BrIf { .. }
    );
    let len = instr.to_bytes().len() - 1;
    if !(is_signed || is_index) || len >= 5 {
        return;
    }
    if let Some(last) = bytes.last_mut() {
        let more = if is_signed && *last & 0x40 != 0 { 0x7f } else { 0 };
        *last |= 0x80;
        bytes.extend(std::iter::repeat_n(more | 0x80, random.below(5 - len)));
        bytes.push(more);
    }
}

/// The metadata of a module, by the numbers of instructions.
fn known_in(module: &Module<'_>) -> Vec<Known> {
    let imported = module.imported(ExternKind::Func);
    let mut known = Vec::new();
    for custom in module.customs.iter().filter(|it| it.name.starts_with(CodeMetadata::PREFIX)) {
        let metadata =
            CodeMetadata::<Cow<'_, [u8]>>::parse(custom.data.bytes().unwrap_or_default());
        for of in metadata.unwrap_or_default().funcs {
            let func = DefIdx::behind(imported, of.func).and_then(|at| module.funcs.get(at));
            let Some(func) = func else { panic!("metadata of a function that is not defined") };
            let body = &func.body;
            let starts: Vec<usize> =
                body.instrs().with_offsets().flatten().map(|(at, _)| at).collect();
            for entry in of.entries {
                let at = (entry.offset as usize).wrapping_sub(body.code_offset());
                let nth = starts.binary_search(&at).unwrap_or(usize::MAX);
                known.push((of.func.0, nth, custom.name.to_string(), entry.value.into_owned()));
            }
        }
    }
    known.sort();
    known
}
