//! Takes apart names as people write them: splits them into the crate or namespace, the modules and
//! the function, and removes type arguments.

/// Splits a name into the crate or namespace, the modules and types, and the function.
///
/// The name is a result of [`demangle`](crate::demangle), or any other. A function of an
/// implementation stands below the path of the type, if the type has one, and otherwise below that
/// of the trait.
///
/// ```
/// use wattle_inspect::path_of;
///
/// assert_eq!(path_of("core::fmt::write"), ["core", "fmt", "write"]);
/// assert_eq!(path_of("<alloc::string::String as core::fmt::Write>::write_str"),
///     ["alloc", "string", "String", "<as core::fmt::Write>", "write_str"]);
/// assert_eq!(path_of("<&T as core::fmt::Debug>::fmt"), ["core", "fmt", "Debug", "<for &T>", "fmt"]);
/// assert_eq!(path_of("std::vector<a::b>::push(c::d)"), ["std", "vector<a::b>", "push(c::d)"]);
/// assert_eq!(path_of("github.com/a/b.(*T).m"), ["github.com/a/b", "(*T)", "m"]);
/// assert_eq!(path_of("memcpy"), ["memcpy"]);
/// ```
pub fn path_of(name: &str) -> Vec<String> {
    let parts = split(name, "::");
    if let [first, rest @ ..] = &parts[..]
        && let Some(inner) = first.strip_prefix('<').and_then(|it| it.strip_suffix('>'))
    {
        let mut path = qualified(inner);
        path.extend(rest.iter().map(|part| (*part).to_owned()));
        return path;
    }
    if parts.len() > 1 || name.contains(' ') {
        return parts.into_iter().map(str::to_owned).collect();
    }
    // Packages of Go have slashes, and those of other languages dots alone.
    let package = name.rfind('/').map_or(0, |at| at + 1);
    let dot = name.get(package..).and_then(|rest| Some(package + rest.find('.')?));
    match dot.filter(|&dot| dot > 0 && dot + 1 < name.len()) {
        Some(dot) => {
            let (package, rest) = name.split_at(dot);
            let rest = split(rest.get(1..).unwrap_or_default(), ".");
            [package].into_iter().chain(rest).map(str::to_owned).collect()
        }
        None => vec![name.to_owned()],
    }
}

/// Returns the path of `Type as Trait`, or of a type alone.
fn qualified(inner: &str) -> Vec<String> {
    let (ty, of) = match find(inner, " as ").next() {
        Some(at) => (inner.get(..at).unwrap_or_default(), inner.get(at + 4..)),
        None => (inner, None),
    };
    let is_path =
        |text: &str| split(text, "::").len() > 1 && !text.starts_with(['&', '*', '[', '(', '<']);
    let owned = |text: &str| split(text, "::").into_iter().map(str::to_owned).collect::<Vec<_>>();
    match of {
        Some(of) if !is_path(ty) => {
            let mut path = owned(of);
            path.push(format!("<for {ty}>"));
            path
        }
        Some(of) => {
            let mut path = owned(ty);
            path.push(format!("<as {of}>"));
            path
        }
        None => owned(ty),
    }
}

/// Returns the parts of a text between separators that stand outside of all brackets.
fn split<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in find(text, separator) {
        parts.extend(text.get(start..at));
        start = at + separator.len();
    }
    parts.extend(text.get(start..));
    parts
}

/// Returns the places of a separator outside of all brackets.
fn find<'t>(text: &'t str, separator: &'t str) -> impl Iterator<Item = usize> + 't {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(move |&at| {
        match Bracket::at(bytes, at) {
            Bracket::Open => depth += 1,
            Bracket::Close => depth = depth.saturating_sub(1),
            Bracket::No => {}
        }
        depth == 0 && bytes.get(at..).is_some_and(|rest| rest.starts_with(separator.as_bytes()))
    })
}

#[derive(PartialEq, Eq)]
enum Bracket {
    Open,
    Close,
    No,
}

impl Bracket {
    /// Returns the bracket at an offset. Arrows and the operators of C++ have none.
    fn at(bytes: &[u8], at: usize) -> Bracket {
        let before = bytes.get(..at).unwrap_or_default();
        let is_operator = || {
            let name = before.trim_ascii_end();
            let name = name.strip_suffix(b"<").or(name.strip_suffix(b">")).unwrap_or(name);
            name.ends_with(b"operator") || name.ends_with(b"operator-")
        };
        match bytes.get(at) {
            Some(b'(' | b'[' | b'{') => Bracket::Open,
            Some(b')' | b']' | b'}') => Bracket::Close,
            Some(b'<') if !is_operator() => Bracket::Open,
            Some(b'>') if !before.ends_with(b"-") && !before.ends_with(b"=") && !is_operator() => {
                Bracket::Close
            }
            _ => Bracket::No,
        }
    }
}

/// Removes type arguments and parameters from a name. The result is the name that all instances of
/// a generic function have in common. `None` for a name without type arguments.
///
/// ```
/// use wattle_inspect::without_generics;
///
/// assert_eq!(without_generics("core::ptr::drop_in_place<T>").unwrap(), "core::ptr::drop_in_place");
/// assert_eq!(without_generics("<a::V<T> as b::C<T>>::d::<T>").unwrap(), "<a::V as b::C>::d");
/// assert_eq!(without_generics("std::vector<int>::push(int const&)").unwrap(), "std::vector::push");
/// assert_eq!(without_generics("a::b(int)"), None);
/// ```
pub fn without_generics(name: &str) -> Option<String> {
    if !name.contains('<') {
        return None;
    }
    let bytes = name.as_bytes();
    let mut kept = String::with_capacity(name.len());
    // The number of open brackets in the part that is left out.
    let mut skipped = 0_usize;
    let mut any = false;
    let mut start = 0;
    for at in 0..bytes.len() {
        match Bracket::at(bytes, at) {
            Bracket::Open if skipped > 0 => skipped += 1,
            Bracket::Close if skipped > 0 => {
                skipped -= 1;
                start = at + 1;
            }
            Bracket::Open => {
                let is_name = |last: u8| last.is_ascii_alphanumeric() || b"_:>}".contains(&last);
                let last = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
                let is_arguments = bytes.get(at) == Some(&b'<');
                // Parentheses behind `::` are a namespace.
                let is_parameters = bytes.get(at) == Some(&b'(') && last != Some(b':');
                if !last.is_some_and(is_name) || !(is_arguments || is_parameters) {
                    continue;
                }
                kept.push_str(name.get(start..at).unwrap_or_default());
                if is_arguments {
                    any = true;
                    kept.truncate(kept.trim_end_matches(':').len());
                }
                skipped = 1;
            }
            _ => {}
        }
    }
    if skipped > 0 {
        return None;
    }
    kept.push_str(name.get(start..).unwrap_or_default());
    any.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_not_brackets() {
        assert_eq!(path_of("a::operator<(a::b, a::b)"), ["a", "operator<(a::b, a::b)"]);
        assert_eq!(path_of("a::operator<< <a::b>(c::d)"), ["a", "operator<< <a::b>(c::d)"]);
        assert_eq!(path_of("a::operator->()"), ["a", "operator->()"]);
        assert_eq!(path_of("a::F<fn(b::c) -> d::e>::g"), ["a", "F<fn(b::c) -> d::e>", "g"]);
    }

    #[test]
    fn closures_and_anonymous_namespaces_stay() {
        assert_eq!(path_of("(anonymous namespace)::f()"), ["(anonymous namespace)", "f()"]);
        assert_eq!(path_of("a::b::{{closure}}"), ["a", "b", "{{closure}}"]);
        assert_eq!(without_generics("a::b<T>::{{closure}}").unwrap(), "a::b::{{closure}}");
        let name = "core::iter::adapters::map::map_fold<T, fn(A) -> B>::{closure#0}";
        assert_eq!(
            without_generics(name).unwrap(),
            "core::iter::adapters::map::map_fold::{closure#0}"
        );
    }

    #[test]
    fn any_text_does() {
        for text in
            ["", "<", ">", "<>", "::", "<>::", "a<", "a>b", "<<<<", "a.b.", "/.", "é<ü>::ö", ".x"]
        {
            assert!(!path_of(text).is_empty(), "{text}");
            without_generics(text);
        }
    }
}
