//! Inputs that are not WebAssembly text, recognized by their first bytes, for error messages.

/// A format other than WebAssembly text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Foreign {
    /// The name of the format, with its article: `a page of HTML`.
    pub name: &'static str,
    /// Advice for inputs of the format.
    pub advice: &'static str,
    pub(crate) starts: &'static [&'static [u8]],
}

const UNPACK: &str = "unpack it first";
const COMPILE_FOR_WASM32: &str =
    "this is code for a processor; a compiler with a wasm32 target makes WebAssembly";
const COMPILE: &str = "compile it to WebAssembly first";
const DOWNLOAD: &str = "a download may give a page that says what failed, in place of the file";
const UTF8: &str = "save it as UTF-8 without a byte order mark";
const ASSEMBLE: &str = "assemble it with `clang --target=wasm32 -c`";
const JAVASCRIPT: &str = "the module is another file, often a `.wasm` beside this one";

/// Binary files, by their signatures.
pub(crate) const BINARIES: &[Foreign] = &[
    foreign("data packed by gzip", UNPACK, &[b"\x1f\x8b"]),
    foreign("a ZIP archive", UNPACK, &[b"PK\x03\x04", b"PK\x05\x06"]),
    foreign("data packed by Zstandard", UNPACK, &[b"\x28\xb5\x2f\xfd"]),
    foreign("data packed by xz", UNPACK, &[b"\xfd7zXZ\0"]),
    foreign("data packed by bzip2", UNPACK, &[b"BZh"]),
    foreign("an ELF file", COMPILE_FOR_WASM32, &[b"\x7fELF"]),
    foreign(
        "a Mach-O file",
        COMPILE_FOR_WASM32,
        &[
            b"\xfe\xed\xfa\xce",
            b"\xfe\xed\xfa\xcf",
            b"\xce\xfa\xed\xfe",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
        ],
    ),
    foreign("a Windows program", COMPILE_FOR_WASM32, &[b"MZ\x90\0"]),
    foreign(
        "an archive of object files",
        "take out its members with `ar x`, or link it",
        &[b"!<arch>\n", b"!<thin>\n"],
    ),
    foreign(
        "LLVM bitcode",
        "compile it with `llc -filetype=obj` or clang",
        &[b"BC\xc0\xde", b"\xde\xc0\x17\x0b"],
    ),
    foreign("text with a byte order mark", UTF8, &[b"\xef\xbb\xbf"]),
    foreign("UTF-16", UTF8, &[b"\xff\xfe", b"\xfe\xff", b"(\0", b"\0("]),
    foreign("a PNG image", DOWNLOAD, &[b"\x89PNG"]),
    foreign("a PDF document", DOWNLOAD, &[b"%PDF"]),
    foreign(
        "a binary module whose first byte is missing",
        "copy the file in binary mode",
        &[b"asm\x01\0\0\0"],
    ),
];

/// Texts, by their first characters behind any blanks.
pub(crate) const TEXTS: &[Foreign] = &[
    foreign(
        "a page of HTML",
        DOWNLOAD,
        &[b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<head"],
    ),
    foreign("XML", DOWNLOAD, &[b"<?xml", b"<"]),
    foreign("JSON", JAVASCRIPT, &[b"{", b"["]),
    foreign(
        "a pointer of Git LFS",
        "fetch the file itself with `git lfs pull`",
        &[b"version https://git-lfs"],
    ),
    foreign("a module in base64", "decode it first with `base64 -d`", &[b"AGFzbQ"]),
    foreign(
        "a module in a data URL",
        "decode what follows the comma with `base64 -d`",
        &[b"data:application/wasm"],
    ),
    foreign(
        "a module in hexadecimal digits",
        "decode it first with `xxd -r -p`",
        &[b"0061736d", b"00 61 73 6d", b"00 61 73 6D", b"0061736D"],
    ),
    foreign(
        "a hexadecimal dump",
        "turn it back into a file with `xxd -r`",
        &[b"00000000: 0061 736d", b"00000000  00 61 73 6d"],
    ),
    foreign(
        "LLVM IR",
        "compile it with `llc -filetype=obj` or clang",
        &[b"; ModuleID", b"target triple", b"target datalayout", b"source_filename"],
    ),
    foreign(
        "assembly",
        ASSEMBLE,
        &[b".text", b".section", b".file", b".globl", b".functype", b".import_module", b".type"],
    ),
    foreign(
        "JavaScript",
        JAVASCRIPT,
        &[
            b"const ",
            b"let ",
            b"var ",
            b"import {",
            b"import{",
            b"import * as",
            b"export default",
            b"export {",
            b"export function",
            b"export const",
            b"async ",
            b"function ",
            b"class ",
            b"\"use strict\"",
            b"'use strict'",
            b"module.exports",
            b"(function(",
            b"(function (",
            b"(()",
            b"(async ",
            b"!function",
        ],
    ),
    foreign(
        "C or C++",
        COMPILE,
        &[b"#include", b"#define", b"#pragma", b"int main", b"extern \"C\""],
    ),
    foreign("Rust", COMPILE, &[b"fn ", b"pub fn", b"use ", b"#![", b"#[", b"pub mod", b"mod "]),
    foreign("a script of a shell", "run it with its interpreter", &[b"#!"]),
    foreign(
        "an interface in WIT",
        "`wit-bindgen` and component tools read it",
        &[b"package ", b"interface ", b"world "],
    ),
];

const fn foreign(
    name: &'static str,
    advice: &'static str,
    starts: &'static [&'static [u8]],
) -> Foreign {
    Foreign { name, advice, starts }
}

/// A binary that ends within its magic.
const CUT_OFF: Foreign =
    foreign("a binary module that is cut off", "copy all of the file", &[b"\0", b"\0a", b"\0as"]);

/// The format that an input seems to have if it is neither a binary module nor the text of one.
///
/// Call this only for an input that the parser has refused: text may begin with words of
/// JavaScript, though well-formed text never does.
///
/// ```
/// use wattle_wat::looks_like;
/// assert_eq!(looks_like(b"\x1f\x8b\x08").unwrap().name, "data packed by gzip");
/// assert_eq!(looks_like(b"\n <html><body>").unwrap().name, "a page of HTML");
/// assert_eq!(looks_like(b"(module)"), None);
/// assert_eq!(looks_like(b""), None);
/// ```
pub fn looks_like(bytes: &[u8]) -> Option<&'static Foreign> {
    let find = |list: &'static [Foreign], bytes: &[u8]| {
        list.iter().find(|one| one.starts.iter().any(|start| bytes.starts_with(start)))
    };
    if CUT_OFF.starts.contains(&bytes) {
        return Some(&CUT_OFF);
    }
    find(BINARIES, bytes).or_else(|| find(TEXTS, bytes.trim_ascii_start()))
}
