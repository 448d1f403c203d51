//! Types as text: in the notation of WIT, and for core modules in that of the text format.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;

use super::arena::Arena;
use super::core_types::{CoreItem, shown, shown_func};
use super::entities::Entry;
use super::nodes::{ABSENT, FuncParts, Kind, NodeId};
use super::texts::TextId;
use super::view::ComponentTypes;

/// The most pieces of a type that are written out where it is shown by itself.
pub(super) const MOST_SHOWN: usize = 10_000;
/// The most pieces of a type that are written out in a message.
const MOST_IN_MESSAGE: usize = 60;

/// The name of a type that has one.
pub(super) fn name_of(arena: &Arena, id: NodeId) -> Option<&str> {
    let name = arena.origin(arena.node(id).variable()?).name?;
    Some(arena.str(name))
}

impl Arena {
    /// A type in a message: a resource by its name, and any other with its name where it has one.
    pub(crate) fn describe(&self, id: NodeId) -> String {
        use alloc::format;
        if let Some(variable) = self.resource_variable(id) {
            return self.describe_variable(variable);
        }
        let text = described(self, id, MOST_IN_MESSAGE);
        match name_of(self, id) {
            Some(_) => format!("{} `{text}`", self.kind(id).form()),
            None => text,
        }
    }

    /// A resource in a message: by the name that it was introduced with, if it has one.
    pub(crate) fn describe_variable(&self, variable: u32) -> String {
        use alloc::format;
        let origin = self.origin(variable);
        let text = |id: TextId| Shown(self.str(id));
        match (origin.name, origin.within) {
            (Some(name), Some(within)) => {
                format!("the resource `{}` of `{}`", text(name), text(within))
            }
            (Some(name), None) => format!("the resource `{}`", text(name)),
            (None, _) => String::from("a resource without a name"),
        }
    }
}

/// A piece of a description: text, or a type that is still to be described.
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
    Number(u32),
    Type(NodeId),
}

/// A type in the notation of WIT, with at most this many pieces.
pub(super) fn described(arena: &Arena, root: NodeId, most: usize) -> String {
    use core::fmt::Write;
    let mut text = String::new();
    let mut left = most;
    // The pieces to come, the next one last.
    let mut open = Vec::from([Piece::Type(root)]);
    while let Some(piece) = open.pop() {
        let Some(rest) = left.checked_sub(1) else {
            text.push('…');
            break;
        };
        left = rest;
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Name(name) => {
                let _ = write!(text, "{}", Shown(name));
            }
            Piece::Number(number) => {
                let _ = write!(text, "{number}");
            }
            Piece::Type(id) => {
                let from = open.len();
                pieces(arena, id, left, &mut open);
                open[from..].reverse();
            }
        }
    }
    text
}

/// The pieces of a type, in order. No more are added than can be shown.
fn pieces<'a>(arena: &'a Arena, id: NodeId, most: usize, out: &mut Vec<Piece<'a>>) {
    use Piece::{Name, Number, Text, Type};
    if let Some(name) = name_of(arena, id) {
        return out.push(Name(name));
    }
    let bare = arena.unnamed(id);
    if bare != id {
        return out.push(Type(bare));
    }
    let node = arena.node(id);
    let words = node.words;
    let label = |word: u32| Name(arena.str(TextId(word)));
    let list = |out: &mut Vec<Piece<'a>>, keyword, words: &[u32], open, close| {
        out.extend([Text(keyword), Text(open)]);
        for (place, &word) in words.iter().take(most).enumerate() {
            if place > 0 {
                out.push(Text(", "));
            }
            out.push(NodeId::of(word).map_or(Text("_"), Type));
        }
        out.push(Text(close));
    };
    let pairs = |out: &mut Vec<Piece<'a>>, words: &[u32], open, close| {
        for (place, pair) in words.chunks_exact(2).take(most).enumerate() {
            out.extend([Text(if place > 0 { ", " } else { "" }), label(pair[0])]);
            if let Some(ty) = NodeId::of(pair[1]) {
                out.extend([Text(open), Type(ty), Text(close)]);
            }
        }
    };
    let externs = |out: &mut Vec<Piece<'a>>, entries: &[Entry]| {
        for (place, entry) in entries.iter().take(most).enumerate() {
            out.extend([Text(if place > 0 { ", " } else { "" }), Name(arena.str(entry.name))]);
        }
    };
    match node.kind {
        Kind::Prim => out.push(Text(arena.as_prim(id).map_or("", |prim| prim.keyword()))),
        Kind::Record => {
            out.push(Text("record { "));
            pairs(out, words, ": ", "");
            out.push(Text(" }"));
        }
        Kind::Variant => {
            out.push(Text("variant { "));
            pairs(out, words, "(", ")");
            out.push(Text(" }"));
        }
        Kind::Flags | Kind::Enum => {
            out.extend([Text(node.kind.form()), Text(" { ")]);
            for (place, &word) in words.iter().take(most).enumerate() {
                out.extend([Text(if place > 0 { ", " } else { "" }), label(word)]);
            }
            out.push(Text(" }"));
        }
        Kind::FixedList => {
            let (elem, len) = (words.first(), words.get(1));
            out.push(Text("list<"));
            out.extend(elem.map(|&word| Type(NodeId(word))));
            out.push(Text(", "));
            out.extend(len.map(|&len| Number(len)));
            out.push(Text(">"));
        }
        Kind::Func => {
            let FuncParts { is_async, result, params } = node.func().unwrap_or_default();
            out.push(Text(if is_async { "async func(" } else { "func(" }));
            pairs(out, params, ": ", "");
            out.push(Text(")"));
            if let Some(result) = result {
                out.extend([Text(" -> "), Type(result)]);
            }
        }
        Kind::Result if words == [ABSENT, ABSENT] => out.push(Text("result")),
        Kind::Stream | Kind::Future if words == [ABSENT] => out.push(Text(node.kind.form())),
        Kind::List
        | Kind::Option
        | Kind::Tuple
        | Kind::Result
        | Kind::Own
        | Kind::Borrow
        | Kind::Stream
        | Kind::Future
        | Kind::Map => list(out, node.kind.form(), words, "<", ">"),
        Kind::Resource => out.push(Text("resource")),
        Kind::Instance => {
            out.push(Text("instance { "));
            externs(out, &arena.exports(id).take(most).collect::<Vec<_>>());
            out.push(Text(" }"));
        }
        Kind::Component => {
            let parts = arena.component_parts(id);
            out.push(Text("component { import "));
            externs(out, &parts.imports);
            out.push(Text("; export "));
            externs(out, &parts.exports);
            out.push(Text(" }"));
        }
        Kind::Unknown | Kind::Named => out.push(Text("unknown")),
    }
}

impl ComponentTypes {
    /// The type of an import or export of a core module.
    pub(super) fn core_item(&self, item: u32) -> String {
        let limits = |limits: &wattle_ast::Limits| {
            let addr = match limits.addr {
                wattle_ast::AddrType::I32 => "",
                wattle_ast::AddrType::I64 => "i64 ",
            };
            let max = limits.max.map_or_else(String::new, |max| format!(" {max}"));
            let shared = if limits.shared { " shared" } else { "" };
            format!("{addr}{}{max}{shared}", limits.min)
        };
        match self.core.item(item) {
            CoreItem::Unknown => String::from("unknown"),
            CoreItem::Func(id) => shown_func(&self.registry, id),
            CoreItem::Tag(id) => format!("(tag {})", shown_func(&self.registry, id)),
            CoreItem::Table(table) => {
                let elem = shown(table.elem);
                format!("(table {} {elem})", limits(&table.ty.limits))
            }
            CoreItem::Mem(memory) => format!("(memory {})", limits(&memory.limits)),
            CoreItem::Global(ty) => {
                let (is_mutable, ty) = (ty.has_flag(), shown(ty.without_flag()));
                let ty: &dyn fmt::Display = &ty;
                match is_mutable {
                    true => format!("(global (mut {ty}))"),
                    false => format!("(global {ty})"),
                }
            }
        }
    }
}
