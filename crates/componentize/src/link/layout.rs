//! The layout of the memory and the table that the libraries share.
//!
//! ```text
//! memory   stack | libraries that can be opened | thread-local storage | library 1 | library 2 ... heap
//! table    null | library 1 | library 2 ... | functions whose addresses are needed
//! ```

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_wit::model::Text;

use super::LinkError;
use super::error::SymbolType;
use super::library::{Library, LinkerGlobal};
use crate::func_types::FuncTypeId;
use crate::new::{Given, MAIN};

const PAGE: u32 = 1 << 16;
/// The unit of the addresses of the table, for messages.
const ELEMS: &str = "table elements";
/// The alignment of the stack and of the heap.
const ALIGN: u32 = 16;

/// Returns the number of the part of a library.
pub(super) fn part(library: usize) -> usize {
    MAIN + 1 + library
}

/// A place in memory or in the table, and its unit.
struct Cursor {
    at: u64,
    what: &'static str,
}

impl Cursor {
    /// Takes `size` units, from the next multiple of an alignment on. Returns the address of the
    /// first.
    fn take(&mut self, size: u64, align: u32) -> Result<u32, LinkError> {
        let too_large = || LinkError::TooLarge { what: self.what };
        let start = self.at.next_multiple_of(align.into());
        let end = start.checked_add(size).filter(|end| *end <= u32::MAX.into());
        self.at = end.ok_or_else(too_large)?;
        u32::try_from(start).map_err(|_| too_large())
    }
}

/// A function in the table.
pub(super) struct Slot {
    pub(super) func: Given,
    pub(super) ty: FuncTypeId,
}

/// The functions whose addresses are needed, each once.
#[derive(Default)]
pub(super) struct Slots {
    /// The address of the first function.
    pub(super) base: u32,
    pub(super) list: Vec<Slot>,
    places: BTreeMap<Given, u32>,
}

impl Slots {
    /// Returns the number of elements that the table has to have.
    pub(super) fn end(&self) -> Result<u64, LinkError> {
        let end = u64::from(self.base) + self.list.len() as u64;
        match end <= u32::MAX.into() {
            true => Ok(end),
            false => Err(LinkError::TooLarge { what: ELEMS }),
        }
    }

    /// Returns the address of a function, which is added if it is new.
    pub(super) fn address(&mut self, func: Given, ty: FuncTypeId) -> u32 {
        let next = self.base.saturating_add(self.list.len() as u32);
        *self.places.entry(func.clone()).or_insert_with(|| {
            self.list.push(Slot { func, ty });
            next
        })
    }
}

/// An address that is known when all modules are instantiated: that of data of a library.
pub(super) struct Address {
    pub(super) library: usize,
    pub(super) name: Text,
    pub(super) to: Destination,
}

/// The destination of an address.
pub(super) enum Destination {
    Memory(u32),
    /// A global of the main module.
    Global(Text),
}

/// The places of thread-local data.
#[derive(Default)]
pub(super) struct Tls {
    /// The address of the array in which the main thread has the base of each library's data.
    pub(super) bases: u32,
    /// The number of each library in such arrays, if it has thread-local data.
    pub(super) numbers: Vec<Option<u32>>,
    /// The address of the structure that describes the arrays.
    pub(super) info: u32,
}

/// The addresses and sizes of everything in the memory and the table.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) stack: u32,
    pub(super) memory_bases: Vec<u32>,
    pub(super) table_bases: Vec<u32>,
    /// The address of the table of libraries.
    pub(super) libraries: u32,
    pub(super) tls: Tls,
    pub(super) heap_base: u32,
    pub(super) heap_end: u32,
    /// The pages that the memory has.
    pub(super) pages: u32,
    /// The data that is in memory from the beginning, with its addresses.
    pub(super) datas: Vec<(u32, Vec<u8>)>,
    pub(super) slots: Slots,
    pub(super) addresses: Vec<Address>,
}

impl Layout {
    pub(super) fn new(libraries: &[Library], stack: u32) -> Result<Layout, LinkError> {
        // The first element stays null, so that no function has the address 0.
        let mut table = Cursor { at: 1, what: ELEMS };
        let mut memory = Cursor { at: 0, what: "bytes of memory" };
        let align = |log2: u32| 1_u32.checked_shl(log2).unwrap_or(1);
        let bases = libraries.iter().map(|library| {
            let memory = &library.memory;
            table.take(memory.table_size.into(), align(memory.table_align))
        });
        let table_bases = bases.collect::<Result<_, _>>()?;
        let slots = Slots { base: table.take(0, 1)?, ..Slots::default() };
        // Even without a stack, no data has the address 0.
        memory.take(stack.max(1).into(), 1)?;
        let mut layout = Layout {
            stack: memory.take(0, ALIGN)?,
            memory_bases: Vec::with_capacity(libraries.len()),
            table_bases,
            slots,
            ..Layout::default()
        };
        layout.openable(libraries, &mut memory)?;
        layout.tls(libraries, &mut memory)?;
        for library in libraries {
            let base = memory
                .take(library.memory.memory_size.into(), align(library.memory.memory_align))?;
            layout.memory_bases.push(base);
        }
        layout.heap_base = memory.take(0, ALIGN)?;
        layout.heap_end = memory.take(0, PAGE)?;
        // Libraries may be linked for a larger memory than they need.
        let pages = libraries.iter().map(|library| library.min_pages).max().unwrap_or(0);
        let pages = pages.max((layout.heap_end / PAGE).into());
        let pages = u32::try_from(pages).ok().filter(|pages| *pages <= PAGE);
        layout.pages = pages.ok_or(LinkError::TooLarge { what: memory.what })?;
        Ok(layout)
    }

    /// Writes the table of the libraries that can be opened, if a library reads it: lists of
    /// libraries and of their symbols, sorted by name.
    ///
    /// ```text
    /// root:    count of libraries, address of the first
    /// library: length and address of the name, count of symbols, address of the first
    /// symbol:  length and address of the name, value
    /// ```
    fn openable(&mut self, libraries: &[Library], memory: &mut Cursor) -> Result<(), LinkError> {
        if !libraries.iter().any(|library| library.wants_global(LinkerGlobal::Libraries)) {
            return Ok(());
        }
        let mut bytes = Bytes { base: memory.take(0, 4)?, bytes: Vec::new() };
        let openable = libraries.iter().enumerate().filter(|(_, library)| library.is_openable);
        let mut lists = Vec::new();
        for (number, library) in openable {
            let name = bytes.name(&library.name);
            // The symbols are sorted by name already.
            let mut symbols = Vec::new();
            for (symbol_name, symbol) in &library.symbols {
                let value = match symbol.ty {
                    SymbolType::Func(ty) => {
                        let func = Given { part: part(number), name: symbol_name.clone() };
                        Some(self.slots.address(func, ty))
                    }
                    SymbolType::Data if !symbol.is_thread_local => None,
                    _ => continue,
                };
                symbols.push((bytes.name(symbol_name), symbol_name, value));
            }
            let first = bytes.at();
            for (name, symbol_name, value) in &symbols {
                bytes.words(name);
                if value.is_none() {
                    let to = Destination::Memory(bytes.at());
                    let name = (*symbol_name).clone();
                    self.addresses.push(Address { library: number, name, to });
                }
                bytes.words(&[value.unwrap_or_default()]);
            }
            lists.push((&library.name, [name[0], name[1], symbols.len() as u32, first]));
        }
        lists.sort_unstable();
        let first = bytes.at();
        lists.iter().for_each(|(_, list)| bytes.words(list));
        self.libraries = bytes.at();
        bytes.words(&[lists.len() as u32, first]);
        memory.take(bytes.bytes.len() as u64, 4)?;
        self.datas.push((bytes.base, bytes.bytes));
        Ok(())
    }

    /// Lays out the arrays that tell where libraries have their thread-local data, if a library
    /// uses them.
    ///
    /// ```text
    /// bases:     the base of each library's data, of the main thread
    /// libraries: the addresses that each library exports as `__wasm_library_tls_info`
    /// info:      count of libraries, address of `libraries`, address of `bases`
    /// ```
    fn tls(&mut self, libraries: &[Library], memory: &mut Cursor) -> Result<(), LinkError> {
        let wants_info = libraries.iter().any(|it| it.wants_global(LinkerGlobal::TlsInfo));
        if !wants_info && !libraries.iter().any(Library::wants_tls_base) {
            return Ok(());
        }
        let mut count = 0;
        for library in libraries {
            let number = library.has_tls_info.then_some(count);
            count += u32::from(library.has_tls_info);
            self.tls.numbers.push(number);
        }
        let size = u64::from(count) * 4;
        self.tls.bases = memory.take(size, 4)?;
        if !wants_info {
            return Ok(());
        }
        let infos = memory.take(size, 4)?;
        for (library, number) in self.tls.numbers.iter().enumerate() {
            let Some(number) = number else { continue };
            let to = Destination::Memory(infos.saturating_add(number * 4));
            self.addresses.push(Address { library, name: super::library::TLS_INFO.into(), to });
        }
        self.tls.info = memory.take(12, 4)?;
        let mut bytes = Bytes { base: self.tls.info, bytes: Vec::new() };
        bytes.words(&[count, infos, self.tls.bases]);
        self.datas.push((bytes.base, bytes.bytes));
        Ok(())
    }
}

/// Bytes at an address.
struct Bytes {
    base: u32,
    bytes: Vec<u8>,
}

impl Bytes {
    /// Returns the address behind the bytes. Bytes that do not fit are refused when memory is taken
    /// for them.
    fn at(&self) -> u32 {
        self.base.saturating_add(self.bytes.len() as u32)
    }

    fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.bytes.extend(word.to_le_bytes()));
    }

    /// Adds a name. Returns its length and its address.
    fn name(&mut self, name: &str) -> [u32; 2] {
        let at = self.at();
        self.bytes.extend(name.bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        [name.len() as u32, at]
    }
}
