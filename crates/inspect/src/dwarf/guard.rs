//! A look at DWARF before it is trusted: what would take a reader of it more time, more memory or a
//! deeper stack than the bytes are worth.
//!
//! Other errors are left for the reader to find, in those units that somebody asks about.

use std::collections::BTreeSet;

use gimli::{Dwarf, Error, Format, Reader, UnitHeader};

use super::{NoFrames, Slice};

/// The most functions that are inlined into one another. The reader of frames takes a piece of the
/// stack for each.
const MAX_INLINED: usize = 250;

/// The most attributes of the entries of a unit for each of its bytes. Attributes may take no bytes,
/// but each takes time.
const MAX_ATTRIBUTES: usize = 64;

/// Checks that no table of abbreviations begins in another one, so that to read all of them takes no
/// longer than their section does.
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

/// Checks the units of a file; `lines` is the section with tables of lines.
pub(super) fn check(dwarf: &Dwarf<Slice<'_>>, lines: Slice<'_>) -> Result<(), NoFrames> {
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        // What is malformed here is malformed for everybody.
        let Ok(Look { inlined, is_heavy }) = Look::at(dwarf, &header) else { continue };
        if is_heavy {
            let why = "attributes that take no bytes outnumber the bytes".to_owned();
            return Err(NoFrames::Malformed(why));
        }
        if inlined > MAX_INLINED {
            let why = format!("more than {MAX_INLINED} functions are inlined into one another");
            return Err(NoFrames::Malformed(why));
        }
        if let Ok(Some(offset)) = line_table(dwarf, &header)
            && let Ok(true) | Err(Error::UnknownForm(_)) = has_free_files(lines, offset)
        {
            let why = "the names of files take no bytes in a table of lines".to_owned();
            return Err(NoFrames::Malformed(why));
        }
    }
    Ok(())
}

/// What is found in the entries of a unit.
struct Look {
    /// How deep functions are inlined into one another, at most.
    inlined: usize,
    /// Whether there are too many attributes.
    is_heavy: bool,
}

impl Look {
    fn at(dwarf: &Dwarf<Slice<'_>>, header: &UnitHeader<Slice<'_>>) -> Result<Look, Error> {
        let abbreviations = dwarf.abbreviations(header)?;
        let mut entries = header.entries_raw(&abbreviations, None)?;
        let mut attributes = header.length_including_self().saturating_mul(MAX_ATTRIBUTES);
        // The depths of the entries around the one at hand that are inlined functions.
        let mut inlined: Vec<isize> = Vec::new();
        let mut look = Look { inlined: 0, is_heavy: false };
        while !entries.is_empty() {
            let depth = entries.next_depth();
            while inlined.last().is_some_and(|around| *around >= depth) {
                inlined.pop();
            }
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            let Some(left) = attributes.checked_sub(abbreviation.attributes().len()) else {
                look.is_heavy = true;
                break;
            };
            attributes = left;
            if abbreviation.tag() == gimli::DW_TAG_inlined_subroutine {
                inlined.push(depth);
                look.inlined = look.inlined.max(inlined.len());
                if look.inlined > MAX_INLINED {
                    break;
                }
            }
            entries.skip_attributes(abbreviation.attributes())?;
        }
        Ok(look)
    }
}

/// The offset of the table of lines of a unit.
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

/// Whether the names of directories or files in a table of lines have a form that takes no bytes, so
/// that nothing bounds their number.
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
        // The reader of DWARF does not read it either, or nobody writes it here.
        form => return Err(Error::UnknownForm(form)),
    };
    input.skip(len)
}
