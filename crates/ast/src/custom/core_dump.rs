//! `core`, `coremodules`, `coreinstances`, `corestack`: the custom sections of a core dump.
//!
//! A core dump is a module whose memories, data segments and globals hold the state of the process.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Coredump.md>

use alloc::vec::Vec;

use super::record;
use crate::{Decode, Encode, F32, F64, FuncIdx, GlobalIdx, Malformed, MemIdx, Name, Reader};

record! {
    /// `core`: the process.
    ///
    /// ```
    /// use wattle_ast::custom::CoreDump;
    /// assert_eq!(CoreDump::parse(b"\0\x06a.wasm")?.executable, "a.wasm");
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    CoreDump<'a> section "core" after 0 {
        /// The name of the program.
        executable: Name<'a>,
    }
}

record! {
    /// `coremodules`: the modules of the process.
    CoreModules<'a> section "coremodules" {
        /// The modules, which instances refer to by their places in this list.
        modules: Vec<CoreModule<'a>>,
    }
}

record! {
    /// A module of the process.
    CoreModule<'a> after 0 {
        /// A path, an address, or any other name.
        name: Name<'a>,
    }
}

record! {
    /// `coreinstances`: the instances of the process.
    CoreInstances section "coreinstances" {
        /// The instances, which frames refer to by their places in this list.
        instances: Vec<CoreInstance>,
    }
}

record! {
    /// An instance of the process.
    CoreInstance after 0 {
        /// The place of its module in `coremodules`.
        module: u32,
        /// The memories of the instance, in order, as memories of the dump.
        memories: Vec<MemIdx>,
        /// The globals of the instance, in order, as globals of the dump.
        globals: Vec<GlobalIdx>,
    }
}

record! {
    /// `corestack`: a thread and its stack.
    ///
    /// ```
    /// use wattle_ast::custom::{CoreStack, CoreValue};
    ///
    /// // Thread `main`: one frame, in instance 0, function 2, at offset 5, with a local 7.
    /// let stack = CoreStack::parse(b"\0\x04main\x01\0\0\x02\x05\x01\x7f\x07\0")?;
    /// assert_eq!(stack.frames[0].locals, [CoreValue::I32(7)]);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    CoreStack<'a> section "corestack" after 0 {
        /// The name of the thread.
        thread: Name<'a>,
        /// The frames, the innermost call first.
        frames: Vec<CoreFrame>,
    }
}

record! {
    /// A frame of a stack.
    CoreFrame after 0 {
        /// The place of its instance in `coreinstances`.
        instance: u32,
        /// The function in the instance's module.
        func: FuncIdx,
        /// The offset of the instruction from the start of the function; 0 when unknown.
        offset: u32,
        /// The parameters and other locals.
        locals: Vec<CoreValue>,
        /// The operands.
        stack: Vec<CoreValue>,
    }
}

/// A value in a frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CoreValue {
    /// The engine no longer had the value.
    Missing,
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`.
    F32(F32),
    /// An `f64`.
    F64(F64),
}

impl<'a> Decode<'a> for CoreValue {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(match reader.byte()? {
            0x01 => CoreValue::Missing,
            0x7f => CoreValue::I32(reader.read()?),
            0x7e => CoreValue::I64(reader.read()?),
            0x7d => CoreValue::F32(reader.read()?),
            0x7c => CoreValue::F64(reader.read()?),
            _ => return Err(reader.back(1, Malformed::NumberType)),
        })
    }
}

impl Encode for CoreValue {
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            CoreValue::Missing => out.push(0x01),
            CoreValue::I32(value) => (0x7f_u8, value).encode(out),
            CoreValue::I64(value) => (0x7e_u8, value).encode(out),
            CoreValue::F32(value) => (0x7d_u8, value).encode(out),
            CoreValue::F64(value) => (0x7c_u8, value).encode(out),
        }
    }
}
