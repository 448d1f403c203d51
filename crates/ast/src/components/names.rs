//! The names of imports and exports, and labels: their grammar, their parts, and the keys that show
//! whether two names conflict.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions>

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::fmt;

use super::version::Version;
use crate::{Feature, Features, Shown};

const CONSTRUCTOR: &str = "[constructor]";
const METHOD: &str = "[method]";
const STATIC: &str = "[static]";
const GET: &str = "[get]";
const SET: &str = "[set]";

/// The name of an import or export, in its parts: `externname` of the specification.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_ast::components::{ParsedName, PlainName};
///
/// let ParsedName::Interface(name) = ParsedName::parse("wasi:io/streams@0.2.3", Features::DEFAULT)?
/// else {
///     unreachable!()
/// };
/// assert_eq!((name.namespace, name.package, name.interface), ("wasi", "io", "streams"));
///
/// let method = ParsedName::parse("[method]output-stream.write", Features::DEFAULT)?;
/// assert_eq!(method.key(), "outputstream.write");
///
/// let error = ParsedName::parse("wasi:IO/streams", Features::DEFAULT).unwrap_err();
/// assert_eq!(error.to_string(), "`IO` is not in kebab case (a package name: words in lower case, joined by hyphens)");
/// # Ok::<(), wattle_ast::components::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParsedName<'a> {
    /// A name whose meaning only the component defines.
    Plain(PlainName<'a>),
    /// The name of an interface.
    Interface(InterfaceName<'a>),
}

/// A plain name: a label, with annotations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PlainName<'a> {
    /// `label`, `[get]label` or `[set]label`.
    Label {
        /// Whether it is a getter or setter.
        accessor: Option<Accessor>,
        /// The label.
        label: &'a str,
    },
    /// `[constructor]resource`.
    Constructor {
        /// The label of the resource.
        resource: &'a str,
    },
    /// `[method]resource.label`, also with `[get]` or `[set]` after `[method]`.
    Method {
        /// Whether it is a getter or setter.
        accessor: Option<Accessor>,
        /// The label of the resource.
        resource: &'a str,
        /// The label of the method.
        label: &'a str,
    },
    /// `[static]resource.label`, also with `[get]` or `[set]` after `[static]`.
    Static {
        /// Whether it is a getter or setter.
        accessor: Option<Accessor>,
        /// The label of the resource.
        resource: &'a str,
        /// The label of the function.
        label: &'a str,
    },
}

/// The role of a function that gets or sets a property.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Accessor {
    /// `[get]`.
    Get,
    /// `[set]`.
    Set,
}

/// The name of an interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InterfaceName<'a> {
    /// The namespace, without the colon after it. Nested namespaces are joined by colons.
    pub namespace: &'a str,
    /// The package.
    pub package: &'a str,
    /// The interface. Nested interfaces are joined by slashes.
    pub interface: &'a str,
    /// The version.
    pub version: Option<Version<'a>>,
}

impl<'a> ParsedName<'a> {
    /// Parses a name. `features` determine which forms are permitted.
    ///
    /// # Errors
    /// The first part of the name that does not have its required form.
    pub fn parse(name: &'a str, features: Features) -> Result<ParsedName<'a>, NameError> {
        let parse = |features| match name.contains(':') {
            // No part of a plain name has a colon.
            true => InterfaceName::parse(name, features).map(ParsedName::Interface),
            false => PlainName::parse(name, features).map(ParsedName::Plain),
        };
        parse(features).map_err(|error| {
            let more = [Feature::CmAccessors, Feature::CmNestedNames, Feature::CmCanonNames];
            let more = more.into_iter().filter(|&more| !features.contains(more));
            let all = more.clone().fold(features, |all, more| all | more.into());
            // A name may need several features: the error names the first.
            let mut needed = more.filter(|&more| parse(all - more.into()).is_err());
            let enable = parse(all).ok().and_then(|_| needed.next());
            NameError { enable, ..error }
        })
    }

    /// The canonical form of the name. Two names in one scope must have different keys: they are
    /// *strongly unique*.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_ast::components::ParsedName;
    ///
    /// let key = |name| ParsedName::parse(name, Features::ALL).unwrap().key();
    /// assert_eq!(key("foo-BAR"), key("[method]foob-ar.foobar"));
    /// assert_ne!(key("foo"), key("[constructor]foo"));
    /// ```
    pub fn key(&self) -> Cow<'a, str> {
        match self {
            ParsedName::Plain(name) => name.key(),
            ParsedName::Interface(name) => Cow::Owned(name.key()),
        }
    }
}

impl<'a> PlainName<'a> {
    /// Parses a name without a colon.
    ///
    /// # Errors
    /// The first part of the name that does not have its required form.
    pub fn parse(name: &'a str, features: Features) -> Result<PlainName<'a>, NameError> {
        if let Some(resource) = name.strip_prefix(CONSTRUCTOR) {
            check_label(resource)?;
            return Ok(PlainName::Constructor { resource });
        }
        let of_resource = [(METHOD, true), (STATIC, false)];
        let of_resource = of_resource
            .into_iter()
            .find_map(|(annotation, is_method)| Some((is_method, name.strip_prefix(annotation)?)));
        let (_, rest) = of_resource.unwrap_or((false, name));
        let has_accessors = features.contains(Feature::CmAccessors);
        let accessor = [(GET, Accessor::Get), (SET, Accessor::Set)];
        let accessor = accessor.into_iter().find_map(|(annotation, accessor)| {
            Some((Some(accessor), rest.strip_prefix(annotation).filter(|_| has_accessors)?))
        });
        let (accessor, rest) = accessor.unwrap_or((None, rest));
        let Some((is_method, _)) = of_resource else {
            check_label(rest)?;
            return Ok(PlainName::Label { accessor, label: rest });
        };
        let error = || NameError::new(NamePart::ResourceFunc, rest);
        let (resource, label) = rest.split_once('.').ok_or_else(error)?;
        check_label(resource)?;
        check_label(label)?;
        Ok(match is_method {
            true => PlainName::Method { accessor, resource, label },
            false => PlainName::Static { accessor, resource, label },
        })
    }

    /// The label of the resource that the function belongs to.
    pub const fn resource(&self) -> Option<&'a str> {
        match self {
            PlainName::Label { .. } => None,
            PlainName::Constructor { resource }
            | PlainName::Method { resource, .. }
            | PlainName::Static { resource, .. } => Some(resource),
        }
    }

    /// Whether it is a getter or setter.
    pub const fn accessor(&self) -> Option<Accessor> {
        match self {
            PlainName::Constructor { .. } => None,
            PlainName::Label { accessor, .. }
            | PlainName::Method { accessor, .. }
            | PlainName::Static { accessor, .. } => *accessor,
        }
    }

    /// Returns the name of the getter that belongs to this setter; `None` if this is not a setter.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_ast::components::PlainName;
    ///
    /// let setter = PlainName::parse("[method][set]image.width", Features::ALL)?;
    /// assert_eq!(setter.getter().unwrap().to_string(), "[method][get]image.width");
    /// # Ok::<(), wattle_ast::components::NameError>(())
    /// ```
    pub fn getter(mut self) -> Option<PlainName<'a>> {
        match &mut self {
            PlainName::Label { accessor, .. }
            | PlainName::Method { accessor, .. }
            | PlainName::Static { accessor, .. }
                if *accessor == Some(Accessor::Set) =>
            {
                *accessor = Some(Accessor::Get);
                Some(self)
            }
            _ => None,
        }
    }

    fn key(&self) -> Cow<'a, str> {
        let key = match *self {
            PlainName::Constructor { resource } => {
                return Cow::Owned(format!("{CONSTRUCTOR}{}", label_key(resource)));
            }
            PlainName::Label { label, .. } => label_key(label),
            PlainName::Method { resource, label, .. }
            | PlainName::Static { resource, label, .. } => {
                let (of_resource, of_label) = (label_key(resource), label_key(label));
                // A function that has the name of its resource has the key of the resource.
                if of_resource == of_label {
                    return of_resource;
                }
                Cow::Owned(format!("{of_resource}.{of_label}"))
            }
        };
        match self.accessor() {
            Some(Accessor::Set) => Cow::Owned(format!("{SET}{key}")),
            Some(Accessor::Get) | None => key,
        }
    }
}

/// The name as it is written.
impl fmt::Display for PlainName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PlainName::Label { .. } => "",
            PlainName::Constructor { .. } => CONSTRUCTOR,
            PlainName::Method { .. } => METHOD,
            PlainName::Static { .. } => STATIC,
        })?;
        f.write_str(match self.accessor() {
            None => "",
            Some(Accessor::Get) => GET,
            Some(Accessor::Set) => SET,
        })?;
        match self {
            PlainName::Label { label, .. } => f.write_str(label),
            PlainName::Constructor { resource } => f.write_str(resource),
            PlainName::Method { resource, label, .. }
            | PlainName::Static { resource, label, .. } => {
                write!(f, "{resource}.{label}")
            }
        }
    }
}

impl<'a> InterfaceName<'a> {
    /// Parses the name of an interface.
    ///
    /// # Errors
    /// The first part of the name that does not have its required form.
    pub fn parse(name: &'a str, features: Features) -> Result<InterfaceName<'a>, NameError> {
        let error = NameError::new;
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (id, interface) =
            path.split_once('/').ok_or_else(|| error(NamePart::Interface, path))?;
        let is_nested = features.contains(Feature::CmNestedNames);
        let (namespace, package) = match is_nested {
            true => id.rsplit_once(':'),
            false => id.split_once(':'),
        }
        .ok_or_else(|| error(NamePart::Namespace, id))?;
        let mut namespaces = namespace.split(':');
        namespaces.try_for_each(|namespace| check_words(namespace, NamePart::Namespace))?;
        check_words(package, NamePart::Package)?;
        match is_nested {
            true => interface.split('/').try_for_each(check_label)?,
            false => check_label(interface)?,
        }
        let has_canonical = features.contains(Feature::CmCanonNames);
        let parse = |text| match Version::parse(text) {
            Some(Version::Canonical(_)) if !has_canonical => Err(error(NamePart::Version, text)),
            Some(version) => Ok(version),
            None => Err(error(NamePart::Version, text)),
        };
        let version = version.map(parse).transpose()?;
        Ok(InterfaceName { namespace, package, interface, version })
    }

    fn key(&self) -> String {
        let mut key = String::new();
        let parts = [(":", self.namespace), ("/", self.package), ("", self.interface)];
        for (end, part) in parts {
            key.push_str(&label_key(part));
            key.push_str(end);
        }
        if let Some(version) = self.version {
            key.push('@');
            key.push_str(version.as_str());
        }
        key
    }
}

/// The name as it is written.
impl fmt::Display for InterfaceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.namespace, self.package, self.interface)?;
        match self.version {
            Some(version) => write!(f, "@{}", version.as_str()),
            None => Ok(()),
        }
    }
}

/// The name as it is written.
impl fmt::Display for ParsedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParsedName::Plain(name) => name.fmt(f),
            ParsedName::Interface(name) => name.fmt(f),
        }
    }
}

/// Checks that `text` is a label: the name of a field, a case, a flag or a parameter, or a part of
/// a plain name.
///
/// ```
/// use wattle_ast::components::check_label;
/// assert!(["a", "a1-2-3", "is-XML", "A11-4CR0NYMS"].into_iter().all(|label| check_label(label).is_ok()));
/// assert!(["", "1a", "a-", "a--b", "aB", "a_b"].into_iter().all(|label| check_label(label).is_err()));
/// ```
///
/// # Errors
/// If it is not a label.
pub fn check_label(text: &str) -> Result<(), NameError> {
    let begins_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_fragment = |part: &str| is_word(part) || is_acronym(part);
    match begins_with_letter && text.split('-').all(is_fragment) {
        true => Ok(()),
        false => Err(NameError::new(NamePart::Label, text)),
    }
}

/// Whether it is a fragment of lower-case letters and digits.
fn is_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether it is a fragment of upper-case letters and digits.
fn is_acronym(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Checks that `text` is a label in lower case, as a namespace or the name of a package must be.
///
/// ```
/// use wattle_ast::components::{NamePart, check_words};
/// assert!(check_words("key-value2", NamePart::Package).is_ok());
/// let error = check_words("HTTP", NamePart::Package).unwrap_err();
/// assert!(error.to_string().starts_with("`HTTP` is not in kebab case (a package name:"));
/// ```
///
/// # Errors
/// If it is not such a label. The error names the part as `part`.
pub fn check_words(text: &str, part: NamePart) -> Result<(), NameError> {
    match check_label(text).is_ok() && text.split('-').all(is_word) {
        true => Ok(()),
        false => Err(NameError::new(part, text)),
    }
}

/// The canonical form of a label. Two labels of one type must have different keys.
///
/// ```
/// use wattle_ast::components::label_key;
/// assert_eq!(label_key("foo-BAR"), label_key("foob-ar"));
/// ```
pub fn label_key(label: &str) -> Cow<'_, str> {
    if label.bytes().all(|byte| byte != b'-' && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(label);
    }
    let chars = label.chars().filter(|&char| char != '-');
    chars.map(|char| char.to_ascii_lowercase()).collect()
}

macro_rules! parts {
    ($( $(#[$doc:meta])* $variant:ident $description:literal; )*) => {
        /// A part of a name.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum NamePart { $( $(#[$doc])* $variant, )* }

        impl NamePart {
            /// Describes the required form of the part.
            pub const fn description(self) -> &'static str {
                match self { $( NamePart::$variant => $description, )* }
            }
        }
    };
}

parts! {
    /// A label.
    Label "in kebab case (words and acronyms, joined by hyphens)";
    /// The text after `[method]` or `[static]`.
    ResourceFunc "the name of a resource, a dot, and a label";
    /// The namespace of a package.
    Namespace "in kebab case (a namespace: words in lower case, joined by hyphens)";
    /// The name of a package.
    Package "in kebab case (a package name: words in lower case, joined by hyphens)";
    /// The interface after a package.
    Interface "a package and an interface with a `/` between them";
    /// The version.
    Version "a semantic version";
}

/// The error for a part of a name that does not have its required form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameError {
    /// The kind of the part, which determines its form.
    pub part: NamePart,
    /// The text of the part.
    pub text: String,
    /// The feature with which the name would be well-formed.
    pub enable: Option<Feature>,
}

impl NameError {
    fn new(part: NamePart, text: &str) -> NameError {
        NameError { part, text: text.into(), enable: None }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", Shown(&self.text), self.part.description())?;
        match self.enable {
            Some(feature) => write!(f, " ({feature} is not enabled)"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for NameError {}
