//! Canonical definitions: the enum, and its reading and writing, made from the rows of
//! `canon_table.rs`.
//!
//! A [`CanonSource`] produces immediates (a byte reader, a text cursor), a [`CanonSink`] takes them
//! (a byte buffer, a printer). Each has one method per kind of immediate, so that only the table
//! lists canonical definitions.

use alloc::vec::Vec;

use super::canon_opts::CanonOpts;
use super::canon_table::for_each_canon;
use super::sorts::Sort;
use super::types::ResultList;
use crate::values::fields;
use crate::{
    AddrType, ComponentFuncIdx, ComponentTypeIdx, Decode, Encode, Feature, FuncIdx, FuncType,
    Malformed, MemIdx, Reader, TableIdx, TypeIdx, ValType,
};

type Result<T, E = Malformed> = core::result::Result<T, E>;

/// The slot of a thread's context that `context.get` and `context.set` name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ContextSlot {
    /// The core type of the value in the slot.
    pub ty: ValType,
    /// The number of the slot.
    pub slot: u32,
}

/// Whether a built-in returns before it is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Async(pub bool);

/// Whether a built-in is for shared functions.
///
/// `wasm-tools` 1.263 leaves the byte out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Shared(pub bool);

/// An immediate of a canonical definition.
pub trait CanonImmediate: Sized {
    /// Reads the immediate from a source.
    ///
    /// # Errors
    /// Errors of the source.
    fn read<S: CanonSource>(source: &mut S) -> Result<Self, S::Error>;

    /// Writes the immediate to a sink.
    fn write<K: CanonSink>(&self, sink: &mut K);

    /// Lets an editor change the immediate.
    fn edit<E: CanonEdit>(&mut self, editor: &mut E);
}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $method:ident $ty:ty; )*) => {
        /// A producer of immediates of canonical definitions, with one method per kind.
        pub trait CanonSource {
            /// The error of a source.
            type Error;
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Errors of the source.
                fn $method(&mut self) -> Result<$ty, Self::Error>;
            )*
        }

        /// A consumer of canonical definitions: the operation, then one call per immediate. By
        /// default, everything is ignored.
        pub trait CanonSink {
            /// Begins a canonical definition, whose immediates follow.
            fn op(&mut self, op: CanonOp) {
                let _ = op;
            }
            $(
                $(#[$doc])*
                fn $method(&mut self, value: &$ty) {
                    let _ = value;
                }
            )*
        }

        /// An editor of the immediates of canonical definitions, with one method per kind. By
        /// default, immediates stay as they are.
        pub trait CanonEdit {
            $(
                $(#[$doc])*
                fn $method(&mut self, value: &mut $ty) {
                    let _ = value;
                }
            )*
        }

        $(
            impl CanonImmediate for $ty {
                fn read<S: CanonSource>(source: &mut S) -> Result<Self, S::Error> {
                    source.$method()
                }

                fn write<K: CanonSink>(&self, sink: &mut K) {
                    sink.$method(self);
                }

                fn edit<E: CanonEdit>(&mut self, editor: &mut E) {
                    editor.$method(self);
                }
            }
        )*

        impl CanonSource for Reader<'_> {
            type Error = Malformed;
            $(
                fn $method(&mut self) -> Result<$ty> {
                    self.read()
                }
            )*
        }

        impl CanonSink for Vec<u8> {
            fn op(&mut self, op: CanonOp) {
                self.push(op.code());
                if op.zero_error().is_some() {
                    self.push(0);
                }
            }
            $(
                fn $method(&mut self, value: &$ty) {
                    value.encode(self);
                }
            )*
        }
    };
}

kinds! {
    /// A core function.
    core_func FuncIdx;
    /// A function.
    func ComponentFuncIdx;
    /// A type of the component.
    ty ComponentTypeIdx;
    /// A core type.
    core_type TypeIdx;
    /// A core table.
    table TableIdx;
    /// A core memory.
    memory MemIdx;
    /// The result that `task.return` takes.
    results ResultList;
    /// A slot of the context.
    context_slot ContextSlot;
    /// Whether the built-in returns before it is done.
    is_async Async;
    /// Whether the built-in is for shared functions.
    is_shared Shared;
    /// Options.
    opts CanonOpts;
}

/// An operand or result of the core function that a canonical definition makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CanonOperand {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// The type that represents the resource.
    Rep,
    /// The address type of the memory that the definition names.
    Addr,
}

/// The type of the core function that a canonical definition makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CanonType {
    /// The operands and the results.
    Arrow(&'static [CanonOperand], &'static [CanonOperand]),
    /// A type that depends on immediates in other ways.
    Special,
}

impl CanonType {
    /// Returns the type as a core function type, where `rep` represents the resource and `addr` is
    /// the address type of the memory. `None` if the type depends on immediates in other ways.
    ///
    /// ```
    /// use wattle_ast::components::CanonOp;
    /// use wattle_ast::{AddrType, FuncType, ValType};
    ///
    /// let ty = CanonOp::ResourceNew.core_type().func_type(ValType::I64, AddrType::I32);
    /// assert_eq!(ty, Some(FuncType::new([ValType::I64], [ValType::I32])));
    /// ```
    pub fn func_type(self, rep: ValType, addr: AddrType) -> Option<FuncType> {
        let CanonType::Arrow(operands, results) = self else { return None };
        let ty = |operand: &CanonOperand| match operand {
            CanonOperand::I32 => ValType::I32,
            CanonOperand::I64 => ValType::I64,
            CanonOperand::Rep => rep,
            CanonOperand::Addr => addr.into(),
        };
        Some(FuncType::new(operands.iter().map(ty), results.iter().map(ty)))
    }
}

macro_rules! canon_type {
    (special) => { CanonType::Special };
    ([$( $operand:ident )*] -> [$( $result:ident )*]) => {
        CanonType::Arrow(&[$( canon_type!(@$operand) ),*], &[$( canon_type!(@$result) ),*])
    };
    (@i32) => { CanonOperand::I32 };
    (@i64) => { CanonOperand::I64 };
    (@rep) => { CanonOperand::Rep };
    (@addr) => { CanonOperand::Addr };
}

macro_rules! canons {
    ($( $(#[$doc:meta])* $variant:ident $({ $( $field:ident: $ty:ty ),* })? = $code:literal $(zero $error:ident)?
        $keyword:literal $feature:ident : ($( $type:tt )*); )*) => {
        /// A canonical definition. All of them define a core function, except for `lift`, which
        /// defines a function of the component.
        ///
        /// Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#canonical-definitions>
        ///
        /// ```
        /// use wattle_ast::components::{Canon, CanonOp};
        /// use wattle_ast::{Encode, Reader};
        ///
        /// let canon: Canon = Reader::new(&[0x03, 0x05]).read()?;
        /// assert_eq!(canon, Canon::ResourceDrop { resource: 5.into() });
        /// assert_eq!(canon.op().keyword(), "resource.drop");
        /// assert_eq!(canon.to_bytes(), [0x03, 0x05]);
        /// # Ok::<(), wattle_ast::Malformed>(())
        /// ```
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        pub enum Canon {
            $( $(#[$doc])* #[allow(missing_docs)] $variant $({ $( $field: $ty ),* })?, )*
        }

        /// The operation of a canonical definition: a [`Canon`] without immediates.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        pub enum CanonOp { $( $(#[$doc])* $variant, )* }

        impl CanonOp {
            /// All operations, by code.
            pub const ALL: &'static [CanonOp] = &[$( CanonOp::$variant, )*];

            /// Returns the byte that begins the definition in the binary format.
            pub const fn code(self) -> u8 {
                match self { $( CanonOp::$variant => $code, )* }
            }

            /// Returns the operation with this byte.
            pub const fn from_code(code: u8) -> Option<CanonOp> {
                match code { $( $code => Some(CanonOp::$variant), )* _ => None }
            }

            /// Returns the keyword of the text format.
            pub const fn keyword(self) -> &'static str {
                match self { $( CanonOp::$variant => $keyword, )* }
            }

            /// Returns the operation with this keyword.
            pub fn from_keyword(keyword: &str) -> Option<CanonOp> {
                match keyword { $( $keyword => Some(CanonOp::$variant), )* _ => None }
            }

            /// Returns the feature that the operation belongs to.
            pub const fn feature(self) -> Feature {
                match self { $( CanonOp::$variant => Feature::$feature, )* }
            }

            /// Returns the type of the core function that the definition makes.
            pub const fn core_type(self) -> CanonType {
                match self { $( CanonOp::$variant => canon_type!($( $type )*), )* }
            }

            /// Returns the error for another byte, if a zero byte must follow the code.
            const fn zero_error(self) -> Option<Malformed> {
                match self { $( $( CanonOp::$variant => Some(Malformed::$error), )? )* _ => None }
            }
        }

        impl Canon {
            /// Returns the operation.
            pub const fn op(&self) -> CanonOp {
                match self { $( Canon::$variant { .. } => CanonOp::$variant, )* }
            }

            /// Reads the immediates of `op` from a source.
            ///
            /// # Errors
            /// Errors of the source.
            pub fn read_from<S: CanonSource>(op: CanonOp, source: &mut S) -> Result<Canon, S::Error> {
                Ok(match op { $(
                    CanonOp::$variant => Canon::$variant {
                        $( $( $field: CanonImmediate::read(source)? ),* )?
                    },
                )* })
            }

            /// Writes the operation and its immediates to a sink.
            pub fn write_to<K: CanonSink>(&self, sink: &mut K) {
                sink.op(self.op());
                match self { $(
                    Canon::$variant { $( $( $field ),* )? } => { $( $( $field.write(sink); )* )? }
                )* }
            }

            /// Lets an editor change the immediates.
            ///
            /// ```
            /// use wattle_ast::ComponentTypeIdx;
            /// use wattle_ast::components::{Canon, CanonEdit};
            ///
            /// struct Next;
            ///
            /// impl CanonEdit for Next {
            ///     fn ty(&mut self, value: &mut ComponentTypeIdx) {
            ///         value.0 += 1;
            ///     }
            /// }
            ///
            /// let mut canon = Canon::ResourceDrop { resource: 5.into() };
            /// canon.edit(&mut Next);
            /// assert_eq!(canon, Canon::ResourceDrop { resource: 6.into() });
            /// ```
            pub fn edit<E: CanonEdit>(&mut self, editor: &mut E) {
                let _ = &editor;
                match self { $(
                    Canon::$variant { $( $( $field ),* )? } => { $( $( $field.edit(editor); )* )? }
                )* }
            }
        }
    };
}

impl CanonOp {
    /// Returns the index space that the definition adds to.
    ///
    /// ```
    /// use wattle_ast::components::{CanonOp, Sort};
    /// assert_eq!(CanonOp::Lift.sort(), Sort::FUNC);
    /// assert_eq!(CanonOp::ResourceNew.sort(), Sort::CORE_FUNC);
    /// ```
    pub const fn sort(self) -> Sort {
        match self {
            CanonOp::Lift => Sort::FUNC,
            _ => Sort::CORE_FUNC,
        }
    }

    /// Returns whether the operation is a canonical built-in: the definition makes a core function
    /// without being given a function.
    ///
    /// ```
    /// use wattle_ast::components::CanonOp;
    /// assert!(CanonOp::ResourceNew.is_built_in());
    /// assert!(!CanonOp::Lower.is_built_in());
    /// ```
    pub const fn is_built_in(self) -> bool {
        !matches!(self, CanonOp::Lift | CanonOp::Lower)
    }
}

for_each_canon!(canons);

impl Decode<'_> for Canon {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let features = reader.features();
        let op = reader.byte_if(Malformed::Canon, |code| {
            CanonOp::from_code(code).filter(|op| features.contains(op.feature()))
        })?;
        if let Some(error) = op.zero_error() {
            // The byte was a boolean in earlier versions of the format.
            let error = match (error, reader.peek()) {
                (Malformed::ReservedByte, Some(2..)) => Malformed::Boolean,
                _ => error,
            };
            reader.expect(0, error)?;
        }
        Canon::read_from(op, reader)
    }
}

impl Encode for Canon {
    fn encode(&self, out: &mut Vec<u8>) {
        self.write_to(out);
    }
}

fields! {
    ContextSlot { ty, slot }
}

macro_rules! flags {
    ($( $name:ident; )*) => { $(
        impl Decode<'_> for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self> {
                reader.flag(Malformed::Boolean).map($name)
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
        }
    )* };
}

flags! {
    Async;
    Shared;
}
