//! The memory of the program. Every access is checked, and an address out of bounds is an error that
//! the program receives.

use std::io::IoSlice;

use wattle_runtime::{Error, Fuel};

use crate::abi::{Errno, Result};

/// The memory of the program during a call, and the fuel that pays for the call.
pub(crate) struct Guest<'m> {
    bytes: &'m mut [u8],
    fuel: Option<Fuel<'m>>,
    /// The reason to end or to suspend the execution, if it does not go on with the result of the
    /// call.
    pub(crate) stop: Option<Error>,
}

/// The most buffers of one call that are used: a call may read or write fewer bytes than requested.
const MAX_BUFFERS: u32 = 1024;

/// The most bytes of a path, as on Linux.
const MAX_PATH: usize = 4096;

impl<'m> Guest<'m> {
    pub(crate) fn new(bytes: &'m mut [u8], fuel: Option<Fuel<'m>>) -> Self {
        Guest { bytes, fuel, stop: None }
    }

    /// Ends the execution, or suspends it, instead of giving the program an error number.
    pub(crate) fn stop<T>(&mut self, error: Error) -> Result<T> {
        self.stop = Some(error);
        Err(Errno::INTR)
    }

    /// Pays for work in units of about an instruction each, before the work has any effect.
    pub(crate) fn charge(&mut self, units: u64) -> Result {
        match self.fuel.as_mut().map_or(Ok(()), |fuel| fuel.charge(units)) {
            Ok(()) => Ok(()),
            Err(error) => self.stop(error),
        }
    }

    /// Pays for copying bytes.
    pub(crate) fn charge_bytes(&mut self, bytes: u64) -> Result {
        match self.fuel.as_mut().map_or(Ok(()), |fuel| fuel.charge_bytes(bytes)) {
            Ok(()) => Ok(()),
            Err(error) => self.stop(error),
        }
    }

    pub(crate) fn slice(&self, address: u32, len: u32) -> Result<&[u8]> {
        let rest = self.bytes.get(address as usize..).ok_or(Errno::FAULT)?;
        rest.get(..len as usize).ok_or(Errno::FAULT)
    }

    pub(crate) fn slice_mut(&mut self, address: u32, len: u32) -> Result<&mut [u8]> {
        let rest = self.bytes.get_mut(address as usize..).ok_or(Errno::FAULT)?;
        rest.get_mut(..len as usize).ok_or(Errno::FAULT)
    }

    pub(crate) fn write(&mut self, address: u32, bytes: &[u8]) -> Result {
        let len = u32::try_from(bytes.len())?;
        self.slice_mut(address, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, address: u32, value: u32) -> Result {
        self.write(address, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, address: u32, value: u64) -> Result {
        self.write(address, &value.to_le_bytes())
    }

    /// Reads a string of UTF-8.
    pub(crate) fn text(&self, address: u32, len: u32) -> Result<&str> {
        std::str::from_utf8(self.slice(address, len)?).map_err(|_| Errno::ILSEQ)
    }

    /// Reads a path: a string that is not empty and has no zero byte.
    pub(crate) fn path(&self, address: u32, len: u32) -> Result<&str> {
        if self.slice(address, len)?.len() > MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        match self.text(address, len)? {
            "" => Err(Errno::NOENT),
            path if path.contains('\0') => Err(Errno::INVAL),
            path => Ok(path),
        }
    }

    /// Returns the buffers of a call, each with address and length, all within the memory. Pays for
    /// copying their bytes.
    pub(crate) fn buffers(&mut self, address: u32, count: u32) -> Result<Vec<(u32, u32)>> {
        let count = count.min(MAX_BUFFERS);
        let records = self.slice(address, 8 * count)?;
        let mut total = 0_u32;
        let buffers: Result<Vec<_>> = records
            .chunks_exact(8)
            .map(|record| {
                let (from, len) = record.split_at(4);
                let (from, len) = (le_u32(from), le_u32(len));
                self.slice(from, len)?;
                total = total.checked_add(len).ok_or(Errno::INVAL)?;
                Ok((from, len))
            })
            .collect();
        let buffers = buffers?;
        self.charge(u64::from(count))?;
        self.charge_bytes(total.into())?;
        Ok(buffers)
    }

    /// Returns the bytes in the buffers of a call.
    pub(crate) fn gather(&mut self, address: u32, count: u32) -> Result<Vec<IoSlice<'_>>> {
        let buffers = self.buffers(address, count)?;
        buffers.into_iter().map(|(from, len)| Ok(IoSlice::new(self.slice(from, len)?))).collect()
    }
}

/// Reads a number from little-endian bytes; missing bytes are zero.
pub(crate) fn le_u32(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// Reads a number from little-endian bytes; missing bytes are zero.
pub(crate) fn le_u64(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        let mut bytes = [0_u8; 32];
        let mut guest = Guest::new(&mut bytes, None);
        assert_eq!(guest.write_u64(24, 7), Ok(()));
        assert_eq!(guest.write_u64(25, 7), Err(Errno::FAULT));
        assert_eq!(guest.write_u32(u32::MAX, 7), Err(Errno::FAULT));
        assert_eq!(guest.slice(32, 0), Ok(&[][..]));
        assert_eq!(guest.slice(33, 0), Err(Errno::FAULT));
        assert_eq!(guest.slice(0, u32::MAX), Err(Errno::FAULT));
        assert_eq!(guest.buffers(0, u32::MAX), Err(Errno::FAULT));
        // Two empty buffers: one at address 0, and one at address 7, which is stored at 24.
        assert_eq!(guest.buffers(16, 2), Ok(vec![(0, 0), (7, 0)]));
        guest.write_u32(28, 26).unwrap();
        assert_eq!(guest.buffers(16, 2), Err(Errno::FAULT));
        guest.write(0, b"\xff\0a").unwrap();
        assert_eq!(guest.path(0, 1), Err(Errno::ILSEQ));
        assert_eq!(guest.path(1, 2), Err(Errno::INVAL));
        assert_eq!(guest.path(1, 0), Err(Errno::NOENT));
        assert_eq!(guest.path(2, 1), Ok("a"));
    }
}
