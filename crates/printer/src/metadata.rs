//! Code metadata such as branch hints, which are written as annotations, and the other custom
//! sections with offsets into the module. Code that comes from text is in its shortest form, so a
//! section with other offsets would be wrong and is left out.
//!
//! Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#branch-hints>

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::custom::{CustomFate, MovedMetadata};
use wattle_ast::{Custom, CustomData, Encode, FuncIdx, Module};
use wattle_syntax::strings;

/// The annotations and sections that express the custom sections of a module.
#[derive(Default)]
pub(crate) struct Customs<'m> {
    /// The annotations of each function, in the order of their offsets.
    annotations: BTreeMap<FuncIdx, Vec<Annotation<'m>>>,
    /// The custom sections that are written as sections, in order, each with its index in the
    /// module.
    pub(crate) written: Vec<(usize, Custom<'m>)>,
}

/// An annotation of an instruction.
pub(crate) struct Annotation<'m> {
    /// The offset of the instruction in the body.
    offset: u32,
    name: &'m str,
    value: Cow<'m, [u8]>,
}

impl<'m> Customs<'m> {
    /// Keeps all custom sections of a module, unchanged.
    pub(crate) fn as_they_are(module: &'m Module<'_>) -> Self {
        let customs = module.customs.iter().map(Custom::borrowed);
        let mut written: Vec<_> = customs.enumerate().collect();
        written.sort_by_key(|(_, custom)| custom.after);
        Customs { annotations: BTreeMap::new(), written }
    }

    /// Takes the custom sections of a module, without those that would be wrong for code in its
    /// shortest form.
    pub(crate) fn new(module: &'m Module<'_>) -> Self {
        let mut customs = Customs::default();
        let mut metadata = Vec::new();
        let fates = module.fates_in_shortest().into_iter().enumerate();
        for ((place, fate), custom) in fates.zip(&module.customs) {
            match fate {
                CustomFate::Stays => customs.written.push((place, custom.borrowed())),
                CustomFate::Follows(moved) if !moved.needs_section => {
                    customs.annotate(&custom.name, moved);
                }
                CustomFate::Follows(moved) => {
                    let data = CustomData::Bytes(moved.after.to_bytes().into());
                    let after = module.last_before_code();
                    metadata.push((place, Custom { data, after, ..custom.borrowed() }));
                }
                CustomFate::LeftOut(_) => {}
            }
        }
        customs.written.extend(metadata);
        customs.written.sort_by_key(|(_, custom)| custom.after);
        for of in customs.annotations.values_mut() {
            of.sort_by_key(|annotation| annotation.offset);
        }
        customs
    }

    fn annotate(&mut self, name: &'m str, metadata: MovedMetadata<'m>) {
        for of in metadata.before.funcs {
            let annotations = self.annotations.entry(of.func).or_default();
            let entries = of.entries.into_iter();
            annotations.extend(entries.map(|entry| Annotation {
                offset: entry.offset,
                name,
                value: entry.value,
            }));
        }
    }

    /// The annotations of a function.
    pub(crate) fn of(&self, func: u32) -> &[Annotation<'m>] {
        self.annotations.get(&FuncIdx(func)).map_or(&[], Vec::as_slice)
    }
}

/// The annotations that were not written yet, each with an offset in the body.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pending<'p> {
    annotations: &'p [Annotation<'p>],
    /// The offset in the body of the first instruction.
    code_offset: usize,
}

impl<'p> Pending<'p> {
    pub(crate) fn new(annotations: &'p [Annotation<'p>], code_offset: usize) -> Self {
        Pending { annotations, code_offset }
    }

    /// Writes the annotations of the instruction at this offset. Calls must be in order of offsets.
    #[inline(always)]
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, offset: usize) {
        while let Some((annotation, others)) = self.annotations.split_first()
            && annotation.offset as usize == offset.saturating_add(self.code_offset)
        {
            write(out, annotation);
            self.annotations = others;
        }
    }

    /// Writes the annotations of the instruction at this offset. Calls may be in any order.
    #[inline(always)]
    pub(crate) fn find(&self, out: &mut Vec<u8>, offset: usize) {
        if self.annotations.is_empty() {
            return;
        }
        let offset = offset.saturating_add(self.code_offset);
        let before = |annotation: &Annotation<'_>| (annotation.offset as usize) < offset;
        let from = self.annotations.partition_point(before);
        let here = self.annotations.iter().skip(from);
        here.take_while(|it| it.offset as usize == offset).for_each(|it| write(out, it));
    }
}

/// Appends an annotation and a space.
#[cold]
fn write(out: &mut Vec<u8>, annotation: &Annotation<'_>) {
    out.extend_from_slice(b"(@");
    strings::write_word(out, annotation.name);
    out.push(b' ');
    strings::write_bytes(out, &annotation.value);
    out.extend_from_slice(b") ");
}
