//! The text of WIT: tokens, the syntax tree, and the parser.
//!
//! ```
//! use wattle_wit::syntax::{File, Item};
//!
//! let file = File::parse("package a:b; interface i { f: func() -> u32; }");
//! assert!(file.errors.is_empty());
//! assert!(matches!(&file.items[..], [Item::Interface(i)] if i.name.name == "i"));
//! ```

mod attributes;
mod docs;
mod grammar;
mod keywords;
mod lexer;
mod parser;
mod paths;
mod tree;
mod types;

pub(crate) use attributes::version_len;
pub use keywords::{Keyword, keyword, unescaped};
pub(crate) use lexer::is_forbidden;
pub use lexer::{Lexer, Token, TokenKind, Tokens};
pub use tree::{
    Attributes, Case, Extern, ExternKind, Field, File, Func, FuncKind, Id, Include, Interface,
    InterfaceItem, Item, Nested, PackageName, Path, Rename, Ty, TyId, TyKind, TypeDef, TypeKind,
    Use, VersionText, World, WorldItem,
};
