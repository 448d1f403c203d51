//! WASI preview 1 for the interpreter: all 46 functions of `wasi_snapshot_preview1`.
//!
//! A program gets only the resources that its [`Wasi`] is built with: arguments, variables, three
//! streams, clocks, random bytes, and directories. It reaches files only through directories that
//! were opened for it (by [`cap_std`]); `..`, absolute paths and symbolic links do not lead out of
//! them.
//!
//! Rights are enforced: a call fails with [`Errno::NOTCAPABLE`] when its descriptor lacks a right that
//! the call needs, and a descriptor never has more rights than the directory through which it was
//! opened hands on.
//!
//! ```
//! use wattle_runtime::{ErrorKind, Imports, Instance, Module, Store};
//! use wattle_wasi::{Output, Wasi};
//!
//! let tree = wattle_wat::parse(
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "fd_write"
//!             (func $write (param i32 i32 i32 i32) (result i32)))
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!         (memory (export "memory") 1)
//!         (data (i32.const 0) "\08\00\00\00\06\00\00\00" "hello\n")
//!         (func (export "_start")
//!             (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
//!             (call $exit (i32.const 3))))"#,
//! )
//! .unwrap();
//! let module = Module::new(tree)?;
//!
//! let output = Output::capture();
//! let wasi = Wasi::builder().arg("hello").stdout(output.clone()).build();
//! let (mut store, mut imports) = (Store::new(()), Imports::default());
//! wasi.define(&mut imports);
//! let instance = Instance::new(&mut store, &module, &imports)?;
//! let error = instance.call(&mut store, "_start", &[]).unwrap_err();
//! assert_eq!(*error.kind(), ErrorKind::Exit(3));
//! wasi.flush().unwrap();
//! assert_eq!(output.captured(), b"hello\n");
//! # Ok::<(), wattle_runtime::Error>(())
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `state.rs` | the state of a program |
//! | `define.rs` | the list of functions with the rights that they need, and their access to memory and state |
//! | `rights.rs` | the rights, and the descriptors that they apply to |
//! | `builder.rs` | [`Builder`] |
//! | `streams.rs` | standard input, output and error |
//! | `time.rs` | clocks and random bytes |
//! | `descriptors.rs` | file descriptors, and the streams, files and directories behind them |
//! | `files.rs`, `directories.rs`, `paths.rs` | `fd_*` and `path_*` |
//! | `process.rs`, `poll.rs` | functions for arguments, variables, time and waiting |
//! | `abi.rs`, `guest.rs` | numbers and record layouts; the memory of the program |
//!
//! Spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod abi;
mod builder;
mod define;
mod descriptors;
mod directories;
mod files;
mod guest;
mod paths;
mod poll;
mod process;
mod rights;
mod state;
mod streams;
mod time;

pub use abi::Errno;
pub use builder::Builder;
pub use define::MODULE;
pub use state::Wasi;
pub use streams::{Input, Output};
pub use time::{Clock, SteadyClock, SystemClock};
