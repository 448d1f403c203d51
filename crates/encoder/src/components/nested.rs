//! Sections that hold a module or a component: their sizes, which are known only when what is inside
//! has been written.
//!
//! Contents are written in place, behind a header that is a guess. At the end, all headers whose
//! guess was wrong are replaced in one pass over the bytes, so depth costs nothing.

use alloc::vec::Vec;

use wattle_ast::components::SectionId;
use wattle_ast::{Reader, leb128};

/// The id of a section and a size, which takes five bytes at most.
const LONGEST_HEADER: usize = 6;

/// The sections that hold modules and components, in the order in which they begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Nested {
    headers: Vec<Header>,
    /// The places in `headers` of the sections that are open.
    open: Vec<usize>,
    /// The number of bytes that the headers of ended sections will be longer than they are now.
    growth: isize,
}

/// The header of a section.
#[derive(Clone, Debug)]
struct Header {
    id: SectionId,
    /// The offset of the header, and that of the content.
    start: usize,
    content: usize,
    /// What `Nested::growth` was at the start of the content.
    growth_before: isize,
    /// The size of the content, and whether the header in place states another.
    size: u32,
    is_wrong: bool,
}

impl Nested {
    /// Begins a section. `header` is a guess of its header: that which it had when it was read.
    pub(super) fn begin(&mut self, id: SectionId, header: Option<&[u8]>, out: &mut Vec<u8>) {
        let start = out.len();
        match header.filter(|header| is_header(id, header)) {
            Some(header) => out.extend_from_slice(header),
            None => out.extend([id.code(), 0]),
        }
        self.open.push(self.headers.len());
        let content = out.len();
        let growth_before = self.growth;
        self.headers.push(Header { id, start, content, growth_before, size: 0, is_wrong: false });
    }

    /// Ends the section that was begun last, if one is open.
    pub(super) fn end(&mut self, out: &[u8]) {
        let Some(header) = self.open.pop().and_then(|at| self.headers.get_mut(at)) else { return };
        let inner_growth = self.growth - header.growth_before;
        header.size = (out.len() - header.content).saturating_add_signed(inner_growth) as u32;
        let stated = Reader::new(&out[header.start + 1..header.content]).u32();
        if stated != Ok(header.size) {
            header.is_wrong = true;
            let len = 1 + leb128::len_u32(header.size);
            self.growth += len as isize - (header.content - header.start) as isize;
        }
    }

    /// The number of sections that are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Puts the sizes into the bytes. All sections must have ended.
    pub(super) fn finish(self, out: Vec<u8>) -> Vec<u8> {
        if self.headers.iter().all(|header| !header.is_wrong) {
            return out;
        }
        let mut sized = Vec::with_capacity(out.len() + self.headers.len() * LONGEST_HEADER);
        let mut done = 0;
        for header in self.headers.iter().filter(|header| header.is_wrong) {
            sized.extend_from_slice(&out[done..header.start]);
            sized.push(header.id.code());
            leb128::write_u32(&mut sized, header.size);
            done = header.content;
        }
        sized.extend_from_slice(&out[done..]);
        sized
    }
}

/// Whether these bytes are an id and a size.
fn is_header(id: SectionId, bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.byte() == Ok(id.code()) && reader.u32().is_ok() && reader.is_empty()
}
