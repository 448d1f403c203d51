//! Archives of object files (`.a`), as `ar` writes them: the members of the variants of GNU and
//! BSD.

use std::fmt;

use wattle_ast::Span;

/// A member of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member<'a> {
    /// The name of the file.
    pub name: String,
    /// The offset of the first byte in the archive.
    pub start: usize,
    /// The content.
    pub bytes: &'a [u8],
}

/// The reason why bytes are not an archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArchiveError {
    /// The bytes do not begin as an archive does.
    NotAnArchive,
    /// The bytes are a thin archive, whose members are files beside it.
    Thin,
    /// The member that begins at this place is malformed.
    Member(Span),
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArchiveError::NotAnArchive => f.write_str("this is not an archive"),
            ArchiveError::Thin => {
                f.write_str("this is a thin archive: its members are files of their own")
            }
            ArchiveError::Member(span) => {
                write!(f, "malformed member of an archive at {:#x}", span.start)
            }
        }
    }
}

impl std::error::Error for ArchiveError {}

const MAGIC: &[u8] = b"!<arch>\n";
const THIN: &[u8] = b"!<thin>\n";
/// The number of bytes of the header of a member: name, date, owner, group, mode, size, end.
const HEADER: usize = 60;

/// Reads the members of an archive, without its table of symbols.
///
/// # Errors
/// If the bytes are not an archive whose members are in it.
///
/// ```
/// let header = format!("{:<48}{:<10}`\n", "a.o/", 3);
/// let archive = [b"!<arch>\n", header.as_bytes(), b"abc\n"].concat();
/// let members = wattle_inspect::archive::members(&archive)?;
/// assert_eq!((&*members[0].name, members[0].bytes), ("a.o", &b"abc"[..]));
/// # Ok::<(), wattle_inspect::archive::ArchiveError>(())
/// ```
pub fn members(bytes: &[u8]) -> Result<Vec<Member<'_>>, ArchiveError> {
    if bytes.starts_with(THIN) {
        return Err(ArchiveError::Thin);
    }
    if !bytes.starts_with(MAGIC) {
        return Err(ArchiveError::NotAnArchive);
    }
    let mut members = Vec::new();
    // GNU keeps names of more than 15 bytes in a member of their own.
    let mut long_names: &[u8] = &[];
    let mut at = MAGIC.len();
    while at < bytes.len() {
        let start = at + HEADER;
        let place = Span::new(at, bytes.len().min(start));
        let malformed = || ArchiveError::Member(place);
        let header =
            bytes.get(at..start).filter(|it| it.ends_with(b"`\n")).ok_or_else(malformed)?;
        let (name, size) = (header.get(..16), header.get(48..58));
        let name = name.unwrap_or_default().trim_ascii_end();
        let size: usize = number(size.unwrap_or_default()).ok_or_else(malformed)?;
        let content =
            start.checked_add(size).and_then(|end| bytes.get(start..end)).ok_or_else(malformed)?;
        // Members begin at even offsets.
        at = start + size + size % 2;
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        match name {
            b"/" | b"/SYM64/" | b"__.SYMDEF" | b"__.SYMDEF SORTED" => {}
            b"//" => long_names = content,
            _ if name.starts_with(b"#1/") => {
                // BSD puts the name before the content.
                let len = name.get(3..).and_then(number).filter(|len| *len <= size);
                let (name, content) = content.split_at(len.ok_or_else(malformed)?);
                let start = start + name.len();
                let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
                let name = text(name.get(..end).unwrap_or_default());
                if !name.starts_with("__.SYMDEF") {
                    members.push(Member { name, start, bytes: content });
                }
            }
            _ => {
                let long = name.strip_prefix(b"/").and_then(number);
                let name = match long {
                    Some(offset) => {
                        let rest = long_names.get(offset..).ok_or_else(malformed)?;
                        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
                        rest.get(..end).unwrap_or_default()
                    }
                    None => name,
                };
                let name = text(name.strip_suffix(b"/").unwrap_or(name));
                members.push(Member { name, start, bytes: content });
            }
        }
    }
    Ok(members)
}

/// Parses a decimal number with spaces behind it.
fn number(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text.trim_ascii_end()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let header = format!("{name:<48}{:<10}`\n", content.len());
        let pad: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
        [header.as_bytes(), content, pad].concat()
    }

    #[test]
    fn names_of_both_variants() {
        let archive = [
            b"!<arch>\n".to_vec(),
            member("/", b"symbols"),
            member("//", b"a_name_of_more_than_15_bytes.o/\nsecond_long_name.o/\n"),
            member("short.o/", b"1"),
            member("/32", b"22"),
            member("#1/8", b"bsd.o\x00\x00\x00333"),
            member("/0", b""),
        ];
        let archive = archive.concat();
        let found = members(&archive).unwrap();
        let found: Vec<_> = found.iter().map(|it| (&*it.name, it.bytes)).collect();
        assert_eq!(
            found,
            [
                ("short.o", &b"1"[..]),
                ("second_long_name.o", b"22"),
                ("bsd.o", b"333"),
                ("a_name_of_more_than_15_bytes.o", b""),
            ]
        );
        for len in 9..archive.len() {
            // However much is cut off, nothing behind the end is read.
            if let Ok(found) = members(&archive[..len]) {
                assert!(found.iter().all(|it| it.start + it.bytes.len() <= len));
            }
        }
    }

    #[test]
    fn what_is_not_an_archive_is_refused() {
        assert_eq!(members(b"\0asm"), Err(ArchiveError::NotAnArchive));
        assert_eq!(members(b"!<thin>\n"), Err(ArchiveError::Thin));
        assert_eq!(members(b"!<arch>\nx"), Err(ArchiveError::Member(Span::new(8, 9))));
        assert_eq!(members(b"!<arch>\n"), Ok(Vec::new()));
    }
}
