//! Checks DWARF before it is trusted. Sections are refused that would take a reader more time, more
//! memory or a deeper stack than their size justifies.
//!
//! The reader finds all other errors, in the units that it is asked about.

use std::collections::BTreeSet;

use gimli::{Dwarf, Error, Format, Reader, UnitHeader};

use super::{NoFrames, Slice};

/// The most functions that are inlined into one another. The reader of frames takes a piece of the
/// stack for each.
const MAX_INLINED: usize = 250;

/// The most attributes of the entries of a unit for each of its bytes. Attributes may take no
/// bytes, but each takes time.
const MAX_ATTRIBUTES: usize = 64;

/// The number of times that lists of ranges and tables of lines may be read, on average, where
/// several units or entries share them.
const MAX_READS: usize = 16;

/// Checks that no table of abbreviations begins in another one, so that to read all of them takes
/// no longer than their section does.
pub(super) fn check_abbreviations(
    dwarf: &Dwarf<Slice<'_>>,
    section: Slice<'_>,
) -> Result<(), NoFrames> {
    let mut offsets = BTreeSet::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        offsets.insert(header.debug_abbrev_offset().0);
    }
    let mut end = 0;
    for offset in offsets {
        if offset < end {
            let why = "tables of abbreviations lie in one another".to_owned();
            return Err(NoFrames::Malformed(why));
        }
        let mut input = section;
        if input.skip(offset).is_ok() {
            // A table that is malformed is read as far as it goes.
            let _ = skip_abbreviations(&mut input);
            end = section.len() - input.len();
        }
    }
    Ok(())
}

/// Skips a table of abbreviations.
fn skip_abbreviations(input: &mut Slice<'_>) -> Result<(), Error> {
    while input.read_uleb128()? != 0 {
        input.read_uleb128()?;
        input.read_u8()?;
        loop {
            let (name, form) = (input.read_uleb128()?, input.read_uleb128_u16()?);
            if (name, form) == (0, 0) {
                break;
            }
            if gimli::DwForm(form) == gimli::DW_FORM_implicit_const {
                input.read_sleb128()?;
            }
        }
    }
    Ok(())
}

/// The amounts of lists of ranges and tables of lines that may still be read. Units and entries may
/// share them, and lists may lie in one another, but each reads its own from the start.
#[derive(Debug)]
pub(super) struct Reads {
    /// Bytes of tables of lines.
    lines: usize,
    /// Entries of lists of ranges.
    ranges: usize,
}

impl Reads {
    /// Returns the amounts for sections with these numbers of bytes.
    pub(super) fn new(lines: usize, ranges: usize) -> Reads {
        let [lines, ranges] = [lines, ranges].map(|len| len.saturating_mul(MAX_READS));
        Reads { lines, ranges }
    }
}

/// Takes `count` from `left`; `None` if that is too little.
fn take(left: &mut usize, count: usize) -> Option<()> {
    *left = left.checked_sub(count)?;
    Some(())
}

/// Checks the units of a file; `lines` is the section with tables of lines.
pub(super) fn check(
    dwarf: &Dwarf<Slice<'_>>,
    lines: Slice<'_>,
    reads: &mut Reads,
) -> Result<(), NoFrames> {
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        // The table of lines comes first, since reading any part of a unit reads the head of its
        // table.
        if let Ok(Some(offset)) = line_table(dwarf, &header) {
            if take(&mut reads.lines, table_len(lines, offset).unwrap_or(0)).is_none() {
                let why = "too many units share tables of lines".to_owned();
                return Err(NoFrames::Malformed(why));
            }
            if let Ok(true) | Err(Error::UnknownForm(_)) = has_free_files(lines, offset) {
                let why = "the names of files take no bytes in a table of lines".to_owned();
                return Err(NoFrames::Malformed(why));
            }
        }
        // The reader of DWARF reports malformed entries itself.
        let Ok(look) = Look::at(dwarf, &header, &mut reads.ranges) else { continue };
        let why = match look {
            Look { is_heavy: true, .. } => {
                "attributes that take no bytes outnumber the bytes".to_owned()
            }
            Look { shares_ranges: true, .. } => "too many entries share lists of ranges".to_owned(),
            Look { inlined, .. } if inlined > MAX_INLINED => {
                format!("more than {MAX_INLINED} functions are inlined into one another")
            }
            Look { .. } => continue,
        };
        return Err(NoFrames::Malformed(why));
    }
    Ok(())
}

/// The facts about the entries of a unit.
#[derive(Default)]
struct Look {
    /// The greatest depth of functions that are inlined into one another.
    inlined: usize,
    /// Whether there are too many attributes.
    is_heavy: bool,
    /// Whether lists of ranges would be read too often.
    shares_ranges: bool,
}

impl Look {
    /// Looks at the entries of a unit, whose lists of ranges have no more than `ranges` entries
    /// together.
    fn at(
        dwarf: &Dwarf<Slice<'_>>,
        header: &UnitHeader<Slice<'_>>,
        ranges: &mut usize,
    ) -> Result<Look, Error> {
        let abbreviations = dwarf.abbreviations(header)?;
        // Without the unit, no list of ranges is found.
        let unit = dwarf.unit(*header).ok();
        let mut entries = header.entries_raw(&abbreviations, None)?;
        let mut attributes = header.length_including_self().saturating_mul(MAX_ATTRIBUTES);
        // The depths of the entries around the one at hand that are inlined functions.
        let mut inlined: Vec<isize> = Vec::new();
        let mut look = Look::default();
        while !entries.is_empty() {
            let depth = entries.next_depth();
            while inlined.last().is_some_and(|around| *around >= depth) {
                inlined.pop();
            }
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            if take(&mut attributes, abbreviation.attributes().len()).is_none() {
                look.is_heavy = true;
                break;
            }
            if abbreviation.tag() == gimli::DW_TAG_inlined_subroutine {
                inlined.push(depth);
                look.inlined = look.inlined.max(inlined.len());
                if look.inlined > MAX_INLINED {
                    break;
                }
            }
            let mut own = abbreviation.attributes().iter();
            let has_ranges = own.any(|attribute| attribute.name() == gimli::DW_AT_ranges);
            let Some(unit) = unit.as_ref().filter(|_| has_ranges) else {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            };
            for &attribute in abbreviation.attributes() {
                let attribute = entries.read_attribute(attribute)?;
                if attribute.name() == gimli::DW_AT_ranges
                    && let Ok(Some(list)) = dwarf.attr_ranges_offset(unit, attribute.value())
                    && let Ok(mut list) = dwarf.raw_ranges(unit, list)
                {
                    while let Ok(Some(_)) = list.next() {
                        if take(ranges, 1).is_none() {
                            look.shares_ranges = true;
                            return Ok(look);
                        }
                    }
                }
            }
        }
        Ok(look)
    }
}

/// Returns the number of bytes of the table of lines at an offset.
fn table_len(mut input: Slice<'_>, offset: usize) -> Result<usize, Error> {
    input.skip(offset)?;
    let (len, _) = input.read_initial_length()?;
    Ok(len.min(input.len()))
}

/// Returns the offset of the table of lines of a unit.
fn line_table(
    dwarf: &Dwarf<Slice<'_>>,
    header: &UnitHeader<Slice<'_>>,
) -> Result<Option<usize>, Error> {
    let abbreviations = dwarf.abbreviations(header)?;
    let mut entries = header.entries_raw(&abbreviations, None)?;
    let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(None) };
    for &attribute in abbreviation.attributes() {
        let attribute = entries.read_attribute(attribute)?;
        if attribute.name() == gimli::DW_AT_stmt_list {
            return Ok(attribute.offset_value());
        }
    }
    Ok(None)
}

/// Returns whether the names of directories or files in a table of lines have a form that takes no
/// bytes, so that nothing bounds their number.
fn has_free_files(mut input: Slice<'_>, offset: usize) -> Result<bool, Error> {
    input.skip(offset)?;
    let (_, format) = input.read_initial_length()?;
    if input.read_u16()? < 5 {
        return Ok(false);
    }
    // The sizes of addresses and segment selectors, the length of the header, five numbers.
    let word = match format {
        Format::Dwarf32 => 4,
        Format::Dwarf64 => 8,
    };
    input.skip(2 + word + 5)?;
    let opcode_base = input.read_u8()?;
    input.skip(usize::from(opcode_base).saturating_sub(1))?;
    for _ in ["directories", "files"] {
        let mut forms = Vec::new();
        for _ in 0..input.read_u8()? {
            input.read_uleb128()?;
            forms.push(gimli::DwForm(input.read_uleb128_u16()?));
        }
        let count = input.read_uleb128()?;
        if forms.iter().all(|form| *form == gimli::DW_FORM_flag_present) && count > 0 {
            return Ok(true);
        }
        for _ in 0..count {
            for form in &forms {
                skip(&mut input, *form, word)?;
            }
        }
    }
    Ok(false)
}

/// Skips a value of a table of lines.
fn skip(input: &mut Slice<'_>, form: gimli::DwForm, word: usize) -> Result<(), Error> {
    let len = match form {
        gimli::DW_FORM_flag_present => 0,
        gimli::DW_FORM_data1 | gimli::DW_FORM_strx1 => 1,
        gimli::DW_FORM_data2 | gimli::DW_FORM_strx2 => 2,
        gimli::DW_FORM_strx3 => 3,
        gimli::DW_FORM_data4 | gimli::DW_FORM_strx4 => 4,
        gimli::DW_FORM_data8 => 8,
        gimli::DW_FORM_data16 => 16,
        gimli::DW_FORM_strp | gimli::DW_FORM_line_strp | gimli::DW_FORM_strp_sup => word,
        gimli::DW_FORM_udata | gimli::DW_FORM_strx => return input.skip_leb128(),
        gimli::DW_FORM_string => return input.read_null_terminated_slice().map(drop),
        gimli::DW_FORM_block => usize::try_from(input.read_uleb128()?).unwrap_or(usize::MAX),
        gimli::DW_FORM_block1 => input.read_u8()?.into(),
        gimli::DW_FORM_block2 => input.read_u16()?.into(),
        gimli::DW_FORM_block4 => input.read_u32()? as usize,
        // Either the reader of DWARF does not support the form, or compilers do not use it here.
        form => return Err(Error::UnknownForm(form)),
    };
    input.skip(len)
}

#[cfg(test)]
mod tests {
    use gimli::{EndianSlice, LittleEndian, SectionId};

    use super::*;

    /// Returns whether DWARF in these sections is refused.
    fn is_refused(sections: &[(SectionId, &[u8])], reads: &mut Reads) -> bool {
        let section = |id: SectionId| {
            let found = sections.iter().find(|(of, _)| *of == id);
            Ok::<_, Error>(EndianSlice::new(found.map_or(&[], |(_, bytes)| bytes), LittleEndian))
        };
        let dwarf = Dwarf::load(section).unwrap();
        check(&dwarf, section(SectionId::DebugLine).unwrap(), reads).is_err()
    }

    /// Returns the number of entries of lists of ranges that are read if `sharing` entries of a
    /// unit share a list of `ranges` ranges, and whether that is refused.
    fn ranges_read(sharing: usize, ranges: usize) -> (usize, bool) {
        let info = [b"\x04\0\0\0\0\0\x04\x01".to_vec(), b"\x02\0\0\0\0".repeat(sharing), vec![0]];
        let info = info.concat();
        let info = [&(info.len() as u32).to_le_bytes()[..], &info].concat();
        // A unit (1) with functions (2) that have a list of ranges.
        let abbreviations = b"\x01\x11\x01\0\0\x02\x2e\0\x55\x17\0\0\0";
        let list = [b"\x01\0\0\0\x02\0\0\0".repeat(ranges), vec![0; 8]].concat();
        let sections: [(SectionId, &[u8]); 3] = [
            (SectionId::DebugInfo, &info),
            (SectionId::DebugAbbrev, abbreviations),
            (SectionId::DebugRanges, &list),
        ];
        let mut reads = Reads::new(0, list.len());
        let before = reads.ranges;
        let is_refused = is_refused(&sections, &mut reads);
        (before - reads.ranges, is_refused)
    }

    #[test]
    fn what_is_read_of_shared_lists_of_ranges_is_bounded() {
        assert_eq!(ranges_read(1, 100), (100, false));
        assert_eq!(ranges_read(16, 100), (1600, false));
        // Each entry would read the list again: the file grows by a sum, and the number of reads by
        // a product.
        assert_eq!(ranges_read(64, 100), (6400, false));
        for count in [1000, 2000] {
            let (read, is_refused) = ranges_read(count, count);
            assert!(is_refused && read <= MAX_READS * 8 * (count + 1), "{read}");
        }
    }

    #[test]
    fn what_is_read_of_shared_tables_of_lines_is_bounded() {
        // A table of lines, version 4, without files and with instructions that do nothing.
        let table = [&b"\x04\0\x08\0\0\0\x01\x01\x01\xfb\x0e\x01\0\0"[..], &[1; 1000]].concat();
        let table = [&(table.len() as u32).to_le_bytes()[..], &table].concat();
        let unit = b"\x0c\0\0\0\x04\0\0\0\0\0\x04\x01\0\0\0\0";
        let abbreviations = b"\x01\x11\0\x10\x17\0\0\0";
        let is_refused = |units: usize| {
            let info = unit.repeat(units);
            let sections: [(SectionId, &[u8]); 3] = [
                (SectionId::DebugInfo, &info),
                (SectionId::DebugAbbrev, abbreviations),
                (SectionId::DebugLine, &table),
            ];
            is_refused(&sections, &mut Reads::new(table.len(), 0))
        };
        assert!(!is_refused(1) && !is_refused(MAX_READS));
        assert!(is_refused(2 * MAX_READS));
    }
}
