//! Custom sections that refer to places in the rest of the module. When the module is rewritten,
//! they follow their places, or they are left out.
//!
//! | sections | refer to | when these move |
//! |---|---|---|
//! | `metadata.code.*` | instructions | they follow |
//! | `reloc.*`, `linking` | immediates with room for any value | left out |
//! | `.debug_*`, `external_debug_info` | bytes of the code section | left out |
//! | `sourceMappingURL` | bytes of the binary | left out |

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::left_out::{LeftOut, WhyLeftOut};
use super::{
    CodeMetadata, ExternalDebugInfo, FuncMetadata, LinkingSection, MetadataEntry, RelocSection,
    SourceMappingUrl,
};
use crate::modules::{are_shortest, is_shortest};
use crate::{
    Arity, Body, Custom, CustomData, DefIdx, Encode, ExternKind, FuncIdx, Module, Name, Names,
    SectionId, leb128,
};

/// The prefix of the names of sections with debugging information in the DWARF format.
const DWARF: &str = ".debug_";

/// The places that a custom section refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PointsAt {
    /// Instructions, each by its offset in the body of a function.
    Instructions,
    /// Bytes of the code section.
    Code,
    /// Bytes of the binary.
    Binary,
    /// Bytes of other sections, and sections by their place.
    Sections,
}

impl PointsAt {
    /// Returns the places that the custom section with this name refers to.
    ///
    /// ```
    /// use wattle_ast::custom::PointsAt;
    ///
    /// assert_eq!(PointsAt::of("reloc.CODE"), Some(PointsAt::Sections));
    /// assert_eq!(PointsAt::of("producers"), None);
    /// ```
    pub fn of(name: &str) -> Option<PointsAt> {
        match name {
            LinkingSection::NAME => Some(PointsAt::Sections),
            ExternalDebugInfo::NAME => Some(PointsAt::Code),
            SourceMappingUrl::NAME => Some(PointsAt::Binary),
            _ if name.starts_with(CodeMetadata::PREFIX) => Some(PointsAt::Instructions),
            _ if name.starts_with(RelocSection::PREFIX) => Some(PointsAt::Sections),
            _ if name.starts_with(DWARF) => Some(PointsAt::Code),
            _ => None,
        }
    }
}

/// The parts of a module that move when it is rewritten. By default, nothing moves.
///
/// ```
/// use wattle_ast::custom::{CustomFate, Moves};
/// use wattle_ast::{Body, Custom, CustomData, Func, FuncIdx, Module};
///
/// // A `nop` before an `if` with a branch hint is removed.
/// let mut module = Module::default();
/// let body = Body::from_bytes(&[0, 0x01, 0x41, 0, 0x04, 0x40, 0x0b, 0x0b][..]).unwrap();
/// module.funcs.push(Func { ty: 0.into(), body });
/// module.customs.push(Custom {
///     name: "metadata.code.branch_hint".into(),
///     data: CustomData::Bytes(vec![1, 0, 1, 4, 1, 1].into()),
///     after: None,
/// });
/// let mut moves = Moves::default();
/// moves.body(FuncIdx(0), [(2, 1), (4, 3), (6, 5), (7, 6)]);
/// let [CustomFate::Follows(metadata)] = &module.fates(&moves)[..] else { panic!() };
/// assert_eq!(metadata.after.funcs[0].entries[0].offset, 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// The old and the new offset in the body of each remaining instruction, in ascending order.
    bodies: BTreeMap<FuncIdx, Vec<(u32, u32)>>,
    code: bool,
    binary: bool,
    sections: bool,
}

impl Moves {
    /// Records that a body is rewritten. `offsets` are the old and the new offset of each remaining
    /// instruction, both counted from the first byte of the body. Old offsets must ascend.
    pub fn body(&mut self, func: FuncIdx, offsets: impl IntoIterator<Item = (u32, u32)>) {
        self.bodies.insert(func, offsets.into_iter().collect());
        (self.code, self.binary, self.sections) = (true, true, true);
    }

    /// Returns the moves that bring a module into its shortest form, which is the form of a module
    /// that is read from text.
    fn to_shortest(module: &Module<'_>) -> Moves {
        let mut moves = Moves::default();
        let imported = module.imported(ExternKind::Func);
        for func in mentioned(module) {
            if let Some(body) = defined(module, imported, func) {
                let offsets = body.offsets_in_shortest();
                let narrow =
                    |(old, new): (usize, usize)| Some((old.try_into().ok()?, new.try_into().ok()?));
                moves.bodies.insert(func, offsets.map_while(narrow).collect());
            }
        }
        let mut before_code = true;
        for &id in SectionId::ALL.iter().skip(1) {
            if id == SectionId::DataCount && !module.encoding.data_count {
                continue;
            }
            let is_dropped = id == SectionId::DataCount && !module.names_data();
            let mut raws = module.encoding.sections.iter().filter(|raw| raw.id == id);
            let raw = raws.next();
            let is_written = module.has_section(id) && !is_dropped;
            // Without the original encoding, only the encodings of items are checked: all other
            // lengths count as shortest.
            let was_written =
                raw.is_some() || (module.encoding.sections.is_empty() && module.has_section(id));
            let stays = match raw {
                _ if is_written != was_written => false,
                None => are_shortest(module.section_items(id)),
                Some(raw) => is_shortest(raw, module),
            };
            moves.code |= id == SectionId::Code && !stays;
            moves.sections |= is_written != was_written;
            moves.sections |= matches!(id, SectionId::Code | SectionId::Data) && !stays;
            if before_code {
                moves.binary |= !stays || raw.is_some_and(|raw| !has_short_size(&raw.bytes));
            }
            before_code &= id != SectionId::Code;
        }
        let customs = module.encoding.sections.iter().filter(|raw| raw.id == SectionId::Custom);
        moves.binary |= customs.into_iter().any(|raw| !has_short_size(&raw.bytes));
        moves
    }

    fn moves(&self, what: PointsAt) -> bool {
        match what {
            PointsAt::Instructions | PointsAt::Code => self.code,
            PointsAt::Binary => self.binary,
            PointsAt::Sections => self.sections,
        }
    }
}

/// Returns whether the size of a section is encoded in as few bytes as possible.
fn has_short_size(section: &[u8]) -> bool {
    let content = section.iter().skip(1).position(|byte| *byte < 0x80).map_or(0, |at| at + 2);
    content == 1 + leb128::len_u32(section.len().saturating_sub(content) as u32)
}

/// Returns the functions that code metadata refers to, with its entries.
fn func_metadata<'m>(
    module: &'m Module<'_>,
) -> impl Iterator<Item = FuncMetadata<Cow<'m, [u8]>>> + use<'m> {
    let metadata = module.customs.iter().filter(|it| it.name.starts_with(CodeMetadata::PREFIX));
    metadata.filter_map(|it| parse(it)).flat_map(|metadata| metadata.funcs)
}

/// Returns the functions that code metadata refers to.
pub(crate) fn mentioned(module: &Module<'_>) -> BTreeSet<FuncIdx> {
    func_metadata(module).map(|of| of.func).collect()
}

/// The instructions that code metadata refers to, by function: their offsets in the body, in
/// ascending order, and whether they part or end a block. Each body is read once, however many
/// sections refer to it.
struct MentionedInstrs(BTreeMap<FuncIdx, Vec<(u32, bool)>>);

impl MentionedInstrs {
    fn new(module: &Module<'_>) -> MentionedInstrs {
        let imported = module.imported(ExternKind::Func);
        let mut wanted: BTreeMap<FuncIdx, Vec<u32>> = BTreeMap::new();
        for of in func_metadata(module) {
            let offsets = of.entries.iter().map(|entry| entry.offset);
            wanted.entry(of.func).or_default().extend(offsets);
        }
        let found = wanted.into_iter().filter_map(|(func, mut offsets)| {
            let body = defined(module, imported, func)?;
            offsets.sort_unstable();
            offsets.dedup();
            let mut offsets = offsets.into_iter().peekable();
            let mut found = Vec::with_capacity(offsets.len());
            for (start, instr) in body.instrs().with_offsets().flatten() {
                let Ok(start) = u32::try_from(body.code_offset() + start) else { break };
                while offsets.next_if(|offset| *offset < start).is_some() {}
                if offsets.next_if_eq(&start).is_some() {
                    let arity = instr.opcode().info().arity;
                    found.push((start, matches!(arity, Arity::Part | Arity::Close)));
                }
            }
            Some((func, found))
        });
        MentionedInstrs(found.collect())
    }
}

fn parse<'m>(custom: &'m Custom<'_>) -> Option<CodeMetadata<Cow<'m, [u8]>>> {
    CodeMetadata::parse(custom.data.bytes()?).ok()
}

fn defined<'m>(module: &'m Module<'_>, imported: u32, func: FuncIdx) -> Option<&'m Body<'m>> {
    Some(&module.funcs.get(DefIdx::behind(imported, func)?)?.body)
}

/// The fate of a custom section when a module is rewritten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomFate<'m> {
    /// The section stays as it is.
    Stays,
    /// The section is code metadata whose entries stay at their instructions. It moves to the last
    /// place before the code section, which is also where the section goes when its annotations are
    /// read from text.
    Follows(MovedMetadata<'m>),
    /// The section would be wrong, and is left out.
    LeftOut(WhyLeftOut),
}

/// The state of a custom section after a change.
pub(crate) enum CustomPlan {
    Keep,
    Replace(Vec<u8>),
    LeaveOut(WhyLeftOut),
}

/// Code metadata with the old and the new offsets of its entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MovedMetadata<'m> {
    /// The entries at the old offsets.
    pub before: CodeMetadata<Cow<'m, [u8]>>,
    /// The entries at the new offsets.
    pub after: CodeMetadata<Cow<'m, [u8]>>,
    /// Whether an entry stands where text has no place for an annotation: at a whole function, or at
    /// an instruction that parts or ends a block.
    pub needs_section: bool,
}

impl Module<'_> {
    /// Returns the fate of each custom section when the module, in its state before the change, is
    /// rewritten.
    pub fn fates(&self, moves: &Moves) -> Vec<CustomFate<'_>> {
        let mut sections_move = moves.sections;
        let mut count = BTreeMap::<&Name<'_>, u32>::new();
        for custom in &self.customs {
            *count.entry(&custom.name).or_default() += 1;
        }
        let mentioned = MentionedInstrs::new(self);
        let mut fates: Vec<CustomFate<'_>> = Vec::with_capacity(self.customs.len());
        for custom in &self.customs {
            let several = count.get(&custom.name).is_some_and(|count| *count > 1);
            let fate = match PointsAt::of(&custom.name).filter(|_| custom.data.bytes().is_some()) {
                None | Some(PointsAt::Sections) => CustomFate::Stays,
                Some(PointsAt::Instructions) => {
                    fate_of_metadata(custom, several, moves, &mentioned)
                }
                Some(what) if moves.moves(what) => CustomFate::LeftOut(WhyLeftOut::Moves(what)),
                Some(_) => CustomFate::Stays,
            };
            // `linking` and `reloc.*` refer to sections by index, custom sections included.
            sections_move |= match &fate {
                CustomFate::Stays => false,
                CustomFate::Follows(metadata) => {
                    custom.data.bytes() != Some(&metadata.after.to_bytes())
                        || custom.after != self.last_before_code()
                }
                CustomFate::LeftOut(_) => true,
            };
            fates.push(fate);
        }
        if sections_move {
            for (custom, fate) in self.customs.iter().zip(&mut fates) {
                if PointsAt::of(&custom.name) == Some(PointsAt::Sections) {
                    *fate = CustomFate::LeftOut(WhyLeftOut::Moves(PointsAt::Sections));
                }
            }
        }
        fates
    }

    /// Returns the fate of each custom section when the module is brought into its shortest form,
    /// which is the form of a module that is read from text.
    pub fn fates_in_shortest(&self) -> Vec<CustomFate<'_>> {
        let points = self.customs.iter().any(|custom| PointsAt::of(&custom.name).is_some());
        self.fates(&if points { Moves::to_shortest(self) } else { Moves::default() })
    }

    /// Returns the custom sections that are left out when the module is brought into its shortest
    /// form, because they would be wrong.
    pub fn left_out_of_shortest(&self) -> Vec<LeftOut> {
        let fates = self.fates_in_shortest().into_iter().enumerate().zip(&self.customs);
        let left_out = fates.filter_map(|((place, fate), custom)| match fate {
            CustomFate::LeftOut(why) => {
                Some(LeftOut { name: custom.name.clone().into_owned(), place, why })
            }
            CustomFate::Stays | CustomFate::Follows(_) => None,
        });
        left_out.collect()
    }

    /// Returns the custom sections of the shortest form of the module, in order.
    pub fn customs_of_shortest(&self) -> Vec<Custom<'_>> {
        let mut customs = Vec::with_capacity(self.customs.len());
        let mut metadata = Vec::new();
        for (custom, fate) in self.customs.iter().zip(self.fates_in_shortest()) {
            match fate {
                CustomFate::Stays => customs.push(custom.borrowed()),
                CustomFate::Follows(moved) => {
                    let data = CustomData::Bytes(moved.after.to_bytes().into());
                    let after = self.last_before_code();
                    metadata.push(Custom { data, after, ..custom.borrowed() });
                }
                CustomFate::LeftOut(_) => {}
            }
        }
        metadata.sort_by(|a, b| a.name.cmp(&b.name));
        customs.extend(metadata);
        customs
    }

    /// Returns the states of the custom sections after a change that moves parts of the module and
    /// gives functions new indices. `self` is the module before the change.
    pub(crate) fn plan_customs(
        &self,
        moves: &Moves,
        mut renumber: impl FnMut(FuncIdx) -> Option<FuncIdx>,
    ) -> Vec<CustomPlan> {
        let all = 0..self.imported(ExternKind::Func).saturating_add(self.funcs.len() as u32);
        let renumbers = all.map(FuncIdx).any(|func| renumber(func) != Some(func));
        // Every change counts as moving sections, because indices of symbols may change.
        let moves = Moves { binary: true, sections: true, ..moves.clone() };
        let fates = self.fates(&moves).into_iter().zip(&self.customs);
        let plans = fates.map(|(fate, custom)| match fate {
            CustomFate::LeftOut(why) => CustomPlan::LeaveOut(why),
            CustomFate::Follows(moved) => {
                let mut metadata = moved.after;
                let mut funcs = core::mem::take(&mut metadata.funcs);
                funcs.retain_mut(|of| renumber(of.func).map(|new| of.func = new).is_some());
                funcs.sort_by_key(|of| of.func);
                metadata.funcs = funcs;
                CustomPlan::Replace(metadata.to_bytes())
            }
            CustomFate::Stays => {
                let holds_funcs = PointsAt::of(&custom.name) == Some(PointsAt::Instructions)
                    && parse(custom).is_none_or(|metadata| !metadata.funcs.is_empty());
                let holds_indices = (holds_funcs && renumbers) || custom.name == Names::NAME;
                match custom.data.bytes() {
                    Some(_) if holds_indices => CustomPlan::LeaveOut(WhyLeftOut::Renumbered),
                    _ => CustomPlan::Keep,
                }
            }
        });
        plans.collect()
    }

    /// Brings custom sections to their planned states, and records which are left out.
    pub(crate) fn apply_customs(&mut self, plans: Vec<CustomPlan>) {
        let customs = core::mem::take(&mut self.customs);
        for (place, (mut custom, plan)) in customs.into_iter().zip(plans).enumerate() {
            match plan {
                CustomPlan::Keep => {}
                CustomPlan::Replace(bytes) => custom.data = CustomData::Bytes(bytes.into()),
                CustomPlan::LeaveOut(why) => {
                    let name = custom.name.into_owned();
                    self.encoding.left_out.push(LeftOut { name, place, why });
                    continue;
                }
            }
            self.customs.push(custom);
        }
    }

    /// Returns the last non-empty section before the code section.
    pub fn last_before_code(&self) -> Option<SectionId> {
        SectionId::ALL.iter().copied().rfind(|id| *id < SectionId::Code && self.has_section(*id))
    }
}

fn fate_of_metadata<'m>(
    custom: &'m Custom<'_>,
    several: bool,
    moves: &Moves,
    mentioned: &MentionedInstrs,
) -> CustomFate<'m> {
    let followed = if several { None } else { follow(custom, moves, mentioned) };
    match followed {
        Some(moved) if moved.before.funcs.is_empty() => CustomFate::Stays,
        Some(moved) => CustomFate::Follows(moved),
        None if !moves.code => CustomFate::Stays,
        None if several => CustomFate::LeftOut(WhyLeftOut::Several),
        None => CustomFate::LeftOut(WhyLeftOut::NoInstruction),
    }
}

/// Returns code metadata, sorted, at the old and at the new offsets. Entries of removed
/// instructions are dropped. `None` if an entry is not at an instruction, or several entries are at
/// the same one.
fn follow<'m>(
    custom: &'m Custom<'_>,
    moves: &Moves,
    mentioned: &MentionedInstrs,
) -> Option<MovedMetadata<'m>> {
    let mut moved = MovedMetadata::default();
    for of in in_order(parse(custom)?)? {
        let starts = mentioned.0.get(&of.func)?;
        let offsets = moves.bodies.get(&of.func);
        let mut entries = Vec::with_capacity(of.entries.len());
        for entry in &of.entries {
            // Offset 0 stands for the whole function, which does not move.
            moved.needs_section |= match entry.offset {
                0 => true,
                offset => {
                    let at = starts.binary_search_by_key(&offset, |(start, _)| *start).ok()?;
                    starts.get(at)?.1
                }
            };
            let offset = match offsets.filter(|_| entry.offset > 0) {
                None => Some(entry.offset),
                Some(offsets) => {
                    let at = offsets.binary_search_by_key(&entry.offset, |(old, _)| *old).ok();
                    at.and_then(|at| offsets.get(at)).map(|(_, new)| *new)
                }
            };
            entries.extend(offset.map(|offset| MetadataEntry { offset, ..entry.clone() }));
        }
        if !entries.is_empty() {
            moved.after.funcs.push(FuncMetadata { func: of.func, entries });
        }
        moved.before.funcs.push(of);
    }
    Some(moved)
}

/// Merges and sorts the functions and their entries. `None` if several entries are at the same
/// offset.
fn in_order<T>(metadata: CodeMetadata<T>) -> Option<Vec<FuncMetadata<T>>> {
    let mut funcs = metadata.funcs;
    funcs.sort_by_key(|of| of.func);
    let mut merged: Vec<FuncMetadata<T>> = Vec::with_capacity(funcs.len());
    for of in funcs.into_iter().filter(|of| !of.entries.is_empty()) {
        match merged.last_mut() {
            Some(last) if last.func == of.func => last.entries.extend(of.entries),
            _ => merged.push(of),
        }
    }
    for of in &mut merged {
        of.entries.sort_by_key(|entry| entry.offset);
        if !of.entries.is_sorted_by(|a, b| a.offset < b.offset) {
            return None;
        }
    }
    Some(merged)
}
