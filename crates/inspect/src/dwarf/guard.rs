//! A look at DWARF before it is trusted: what would take a reader of it more memory or a deeper stack
//! than the bytes are worth.
//!
//! Other errors are left for the reader to find, in those units that somebody asks about.

use gimli::{Dwarf, Error, Format, Reader, UnitHeader};

use super::{NoFrames, Slice};

/// The most functions that are inlined into one another. The reader of frames takes a piece of the
/// stack for each.
const MAX_INLINED: usize = 250;

/// Checks the units of a file; `lines` is the section with tables of lines.
pub(super) fn check(dwarf: &Dwarf<Slice<'_>>, lines: Slice<'_>) -> Result<(), NoFrames> {
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        // What is malformed here is malformed for everybody.
        let Ok(depth) = inlined_depth(dwarf, &header) else { continue };
        if depth > MAX_INLINED {
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

/// How deep functions are inlined into one another, at most.
fn inlined_depth(dwarf: &Dwarf<Slice<'_>>, header: &UnitHeader<Slice<'_>>) -> Result<usize, Error> {
    let abbreviations = dwarf.abbreviations(header)?;
    let mut entries = header.entries_raw(&abbreviations, None)?;
    // The depths of the entries around the one at hand that are inlined functions.
    let mut inlined: Vec<isize> = Vec::new();
    let mut most = 0;
    while !entries.is_empty() {
        let depth = entries.next_depth();
        while inlined.last().is_some_and(|around| *around >= depth) {
            inlined.pop();
        }
        let Some(abbreviation) = entries.read_abbreviation()? else { continue };
        if abbreviation.tag() == gimli::DW_TAG_inlined_subroutine {
            inlined.push(depth);
            most = most.max(inlined.len());
            if most > MAX_INLINED {
                break;
            }
        }
        entries.skip_attributes(abbreviation.attributes())?;
    }
    Ok(most)
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
