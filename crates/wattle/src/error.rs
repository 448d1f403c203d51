//! [`Error`]: the errors of all crates in one.

use alloc::boxed::Box;
use core::fmt;

use wattle_ast::{RemapError, RemapFault};
#[cfg(feature = "wit")]
use wattle_wit::load::LoadError;

macro_rules! errors {
    ($( $(#[doc = $doc:literal])+ $(#[cfg($($cfg:tt)+)])? $variant:ident($error:ty); )*) => {
        /// The errors of all crates in one, for programs that pass them on. Each converts into it.
        ///
        /// `Display` shows the error inside, which is also its
        /// [`source`](core::error::Error::source).
        ///
        /// ```
        /// fn size_of_code(list: &str, text: &str) -> Result<usize, wattle::Error> {
        ///     let features = list.parse()?;
        ///     let module = wattle::wat::Parser::new().features(features).module(text)?.module;
        ///     wattle::validator::Validator::new().features(features).module(&module)?;
        ///     Ok(module.funcs.iter().map(|func| func.body.bytes().len()).sum())
        /// }
        ///
        /// assert_eq!(size_of_code("wasm1", "(module (func nop))").unwrap(), 3);
        /// let error = size_of_code("wasm1,smid", "").unwrap_err();
        /// assert_eq!(error.to_string(), "unknown feature `smid`; did you mean `simd`?");
        /// assert!(matches!(error, wattle::Error::Feature(_)));
        /// ```
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum Error {
            $( $(#[doc = $doc])+ $(#[cfg($($cfg)+)])? $variant($error), )*
            /// Indices cannot be rewritten. The type of the error inside depends on the source of
            /// the new indices.
            Remap(Box<dyn core::error::Error + Send + Sync>),
            /// A package of interfaces cannot be loaded. The type of the error inside depends on
            /// the source of its files.
            #[cfg(feature = "wit")]
            WitLoad(Box<dyn core::error::Error + Send + Sync>),
        }

        impl Error {
            /// The error inside.
            fn inner(&self) -> &(dyn core::error::Error + 'static) {
                match self {
                    $( $(#[cfg($($cfg)+)])? Error::$variant(error) => error, )*
                    Error::Remap(error) => &**error,
                    #[cfg(feature = "wit")]
                    Error::WitLoad(error) => &**error,
                }
            }
        }

        $(
            $(#[cfg($($cfg)+)])?
            impl From<$error> for Error {
                fn from(error: $error) -> Error {
                    Error::$variant(error)
                }
            }
        )*
    };
}

errors! {
    /// A binary is malformed.
    Binary(wattle_ast::Error);
    /// A builder of modules was misused.
    Build(wattle_encoder::BuildError);
    /// A builder of components was misused.
    BuildComponent(wattle_encoder::ComponentBuildError);
    /// Bytes are malformed, for instance those of an immediate. Their place is not known.
    Bytes(wattle_ast::Malformed);
    /// A definition of a component is in a scope that does not permit it.
    Definition(wattle_ast::components::Misplaced);
    /// A module cannot be edited like this.
    Edit(wattle_ast::EditError);
    /// A feature is unknown.
    Feature(wattle_ast::UnknownFeature);
    /// A module is invalid.
    Invalid(wattle_validator::Errors);
    /// The name of an import or export of a component, or a label, is malformed.
    Name(wattle_ast::components::NameError);
    /// A numeric instruction has no result for its operands.
    #[cfg(feature = "numerics")]
    Numerics(wattle_numerics::Error);
    /// A number of the text format is malformed or out of range.
    #[cfg(feature = "wat")]
    Number(wattle_syntax::numbers::NumberError);
    /// Input could not be read, or it is malformed.
    #[cfg(feature = "std")]
    Read(wattle_parser::ReadError);
    /// An execution ended without a result, or did not begin.
    #[cfg(feature = "runtime")]
    Runtime(wattle_runtime::Error);
    /// A configuration of the generator asks for modules that are too large.
    #[cfg(feature = "smith")]
    Config(wattle_smith::TooLarge);
    /// A fuzzer's bytes could not be used.
    #[cfg(feature = "smith")]
    Smith(wattle_smith::Error);
    /// A text is malformed.
    #[cfg(feature = "wat")]
    Text(wattle_wat::Errors);
    /// Characters do not form a token.
    #[cfg(feature = "wat")]
    Token(wattle_syntax::LexError);
    /// A function of WASI failed.
    #[cfg(feature = "wasi")]
    Wasi(wattle_wasi::Errno);
    /// Interface text is malformed, or does not resolve.
    #[cfg(feature = "wit")]
    Wit(wattle_wit::Errors);
    /// The documentation of a package of interfaces is malformed.
    #[cfg(feature = "wit")]
    WitDocs(wattle_wit::docs::DocsError);
    /// Characters of interface text do not form a token.
    #[cfg(feature = "wit")]
    WitToken(wattle_wit::LexError);
    /// A component has parts that interface text cannot express.
    #[cfg(feature = "wit")]
    WitDecode(wattle_wit::decode::DecodeError);
    /// Two packages or worlds of interfaces cannot be merged.
    #[cfg(feature = "wit")]
    WitMerge(wattle_wit::model::MergeError);
    /// A package or world is too large for a component.
    #[cfg(feature = "wit")]
    WitEncode(wattle_wit::encode::TooLarge);
    /// A package is too large for a text.
    #[cfg(feature = "wit")]
    WitPrint(wattle_wit::print::PrintError);
    /// A package depends on itself.
    #[cfg(feature = "wit")]
    WitPackages(wattle_wit::model::PackageCycle);
    /// No world of a package can be selected, for instance because it has several.
    #[cfg(feature = "wit")]
    WitSelect(wattle_wit::model::SelectError);
    /// A world would import and export an interface.
    #[cfg(feature = "wit")]
    WitTransitive(wattle_wit::model::Transitive);
    /// Core modules cannot become a component.
    #[cfg(feature = "componentize")]
    Componentize(wattle_componentize::Error);
    /// A core import or export does not fit the world.
    #[cfg(feature = "componentize")]
    ComponentizeProblem(wattle_componentize::Problem);
    /// Shared libraries cannot be linked.
    #[cfg(feature = "componentize")]
    Link(wattle_componentize::LinkError);
    /// A shared library does not fit the others.
    #[cfg(feature = "componentize")]
    LinkProblem(wattle_componentize::LinkProblem);
    /// Components cannot be plugged together.
    #[cfg(feature = "componentize")]
    Plug(wattle_componentize::PlugError);
    /// A component cannot be compared with a world.
    #[cfg(feature = "componentize")]
    Targets(wattle_componentize::TargetsError);
    /// Core modules cannot be taken out of a component.
    #[cfg(feature = "componentize")]
    Unbundle(wattle_componentize::UnbundleError);
    /// Worlds of different packages are not versions of each other.
    #[cfg(feature = "componentize")]
    Versions(wattle_componentize::OtherPackage);
    /// An archive of object files is malformed.
    #[cfg(feature = "inspect")]
    Archive(wattle_inspect::archive::ArchiveError);
    /// DWARF cannot be written.
    #[cfg(feature = "inspect")]
    DwarfWrite(wattle_inspect::dwarf::CannotWrite);
    /// DWARF does not say where an instruction comes from.
    #[cfg(feature = "inspect")]
    Dwarf(wattle_inspect::dwarf::NoFrames);
    /// The list of packages that a program was built from cannot be unpacked.
    #[cfg(feature = "inspect")]
    Packed(wattle_inspect::metadata::PackedWrongly);
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.inner(), f)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(self.inner())
    }
}

impl<E: core::error::Error + Send + Sync + 'static> From<RemapError<E>> for Error {
    fn from(error: RemapError<E>) -> Error {
        Error::Remap(Box::new(error))
    }
}

impl<E: core::error::Error + Send + Sync + 'static> From<RemapFault<E>> for Error {
    fn from(error: RemapFault<E>) -> Error {
        Error::Remap(Box::new(error))
    }
}

#[cfg(feature = "wit")]
impl<E: fmt::Debug + fmt::Display + Send + Sync + 'static> From<LoadError<E>> for Error {
    fn from(error: LoadError<E>) -> Error {
        Error::WitLoad(Box::new(error))
    }
}

/// Converts errors that are one case of an error above.
macro_rules! cases {
    ($( $(#[cfg($($cfg:tt)+)])? $error:ty => $variant:ident; )*) => { $(
        $(#[cfg($($cfg)+)])?
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::$variant(error.into())
            }
        }
    )* };
}

cases! {
    wattle_validator::Error => Invalid;
    #[cfg(feature = "std")]
    wattle_parser::ItemTooLarge => Read;
    #[cfg(feature = "wat")]
    wattle_wat::Error => Text;
    #[cfg(feature = "wit")]
    wattle_wit::Error => Wit;
    #[cfg(feature = "runtime")]
    wattle_runtime::ErrorKind => Runtime;
    #[cfg(feature = "runtime")]
    wattle_runtime::HostError => Runtime;
    #[cfg(feature = "runtime")]
    wattle_runtime::Trap => Runtime;
}
