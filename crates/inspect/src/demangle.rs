//! The names that compilers of Rust and C++ give functions, as people write them.

use std::fmt::{self, Write};

use cpp_demangle::{DemangleOptions, Symbol};
use wattle_ast::Names;

/// The longest text of one name. A short symbol of C++ may stand for a text of any length.
const MAX_TEXT: usize = 1 << 14;

/// A text that refuses to grow beyond [`MAX_TEXT`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len() + part.len() > MAX_TEXT {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

/// Returns the name that a symbol of Rust or C++ stands for; `None` for any other name.
///
/// The hash that ends a symbol of Rust and the result type of a function of C++ are left out. A
/// suffix behind a dot, such as `.llvm.123`, stays.
///
/// ```
/// use wattle_inspect::demangle;
///
/// assert_eq!(demangle("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE").unwrap(),
///     "core::fmt::Write::write_fmt");
/// assert_eq!(demangle("_RNvC6_123foo3bar").unwrap(), "123foo::bar");
/// assert_eq!(demangle("_ZN2ns3addEii").unwrap(), "ns::add(int, int)");
/// assert_eq!(demangle("memcpy"), None);
/// ```
pub fn demangle(symbol: &str) -> Option<String> {
    // The linker may put a module before the name.
    if !symbol.starts_with("_Z") && !symbol.starts_with("_R") && !symbol.starts_with("__") {
        return None;
    }
    if symbol.len() > MAX_TEXT {
        return None;
    }
    let mut out = Bounded(String::new());
    if let Ok(rust) = rustc_demangle::try_demangle(symbol) {
        return write!(out, "{rust:#}").is_ok().then_some(out.0);
    }
    let (name, suffix) = match symbol.split_once('.') {
        Some((name, _)) => (name, symbol.get(name.len()..).unwrap_or_default()),
        None => (symbol, ""),
    };
    if !name.starts_with("_Z") {
        return None;
    }
    let parsed = Symbol::new(name).ok()?;
    let options = DemangleOptions::new().no_return_type();
    parsed.structured_demangle(&mut Pieces(&mut out), &options).ok()?;
    out.write_str(suffix).ok()?;
    Some(out.0)
}

/// A writer that takes the text of a symbol of C++ piece by piece.
struct Pieces<'o>(&'o mut Bounded);

impl cpp_demangle::DemangleWrite for Pieces<'_> {
    fn write_string(&mut self, part: &str) -> fmt::Result {
        self.0.write_str(part)
    }
}

/// Replaces the symbols among the names of functions, globals and data segments by the names that
/// they stand for. Returns the number of replaced symbols.
///
/// ```
/// use wattle_ast::Names;
///
/// let mut names = Names::default();
/// names.funcs.insert(0.into(), "_ZN2ns3addEii".into());
/// names.funcs.insert(1.into(), "main".into());
/// assert_eq!(wattle_inspect::demangle_names(&mut names), 1);
/// assert_eq!(names.funcs.get(0.into()), Some(&"ns::add(int, int)".into()));
/// ```
pub fn demangle_names(names: &mut Names<'_>) -> usize {
    let mut count = 0;
    macro_rules! each {
        ($( $map:ident ),*) => { $(
            names.$map = std::mem::take(&mut names.$map)
                .into_iter()
                .map(|(index, name)| match demangle(&name) {
                    Some(text) => {
                        count += 1;
                        (index, text.into())
                    }
                    None => (index, name),
                })
                .collect();
        )* };
    }
    each!(funcs, globals, datas);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_both_languages() {
        for (symbol, name) in [
            (
                "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
                "core::ptr::drop_in_place<alloc::string::String>",
            ),
            ("_RINvNtC3std3mem8align_ofjE", "std::mem::align_of::<usize>"),
            (
                "_ZNSt6vectorIiSaIiEE9push_backERKi",
                "std::vector<int, std::allocator<int> >::push_back(int const&)",
            ),
            ("_Z3fooIiET_S0_", "foo<int>(int)"),
            ("_Z3foov.llvm.12", "foo().llvm.12"),
        ] {
            assert_eq!(demangle(symbol).as_deref(), Some(name), "{symbol}");
        }
    }

    #[test]
    fn other_names_stay() {
        for name in
            ["main", "_start", "__wasm_call_ctors", "_Z", "_ZZZ", "_R", "runtime.mallocgc", ""]
        {
            assert_eq!(demangle(name), None, "{name}");
        }
    }

    /// Each parameter is a pair of two of the parameter before it, so each doubles the text.
    #[test]
    fn a_symbol_that_stands_for_an_endless_text_stays() {
        let symbol = |pairs: usize| {
            let digits = b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".iter().map(|&it| char::from(it));
            let more = digits.take(pairs).map(|it| format!("S0_IS{it}_S{it}_E"));
            format!("_Z1f1ASt4pairIS_S_E{}", more.collect::<String>())
        };
        let short = demangle(&symbol(2)).unwrap();
        assert_eq!(short.matches("std::pair<A, A>").count(), 1 + 2 + 4, "{short}");
        assert_eq!(demangle(&symbol(30)), None);
        assert_eq!(demangle(&format!("_ZN{}", "1a".repeat(1 << 16))), None);
    }
}
