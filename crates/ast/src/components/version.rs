//! Versions in the names of interfaces.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#-canonical-interface-name>

/// A version in the name of an interface.
///
/// ```
/// use wattle_ast::components::Version;
///
/// assert_eq!(Version::parse("0.2.6"), Some(Version::Full("0.2.6")));
/// assert_eq!(Version::parse("0.2"), Some(Version::Canonical("0.2")));
/// assert_eq!(Version::parse("1.02.0"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Version<'a> {
    /// A semantic version.
    Full(&'a str),
    /// The part of a semantic version that determines compatibility. The rest is in the attribute
    /// `versionsuffix`.
    Canonical(&'a str),
}

impl<'a> Version<'a> {
    /// Reads a version. A text that has both forms, such as `0.0.1`, is a full version.
    pub fn parse(text: &'a str) -> Option<Version<'a>> {
        if Version::split(text).is_some() {
            return Some(Version::Full(text));
        }
        let is_positive = |number: &str| is_number(number) && number != "0";
        let is_canonical = is_positive(text) || text.strip_prefix("0.").is_some_and(is_positive);
        is_canonical.then_some(Version::Canonical(text))
    }

    /// Returns the text.
    pub const fn as_str(self) -> &'a str {
        match self {
            Version::Full(text) | Version::Canonical(text) => text,
        }
    }

    /// Splits a semantic version into its canonical part and the suffix. `None` if `version` is not
    /// a semantic version.
    ///
    /// ```
    /// use wattle_ast::components::Version;
    /// assert_eq!(Version::split("1.2.3+a.b"), Some(("1", ".2.3+a.b")));
    /// assert_eq!(Version::split("0.2.6"), Some(("0.2", ".6")));
    /// assert_eq!(Version::split("0.0.1-alpha"), Some(("0.0.1-alpha", "")));
    /// assert_eq!(Version::split("0.2"), None);
    /// ```
    pub fn split(version: &str) -> Option<(&str, &str)> {
        let (front, build) = match version.split_once('+') {
            Some((front, build)) => (front, Some(build)),
            None => (version, None),
        };
        let (core, pre) = match front.split_once('-') {
            Some((core, pre)) => (core, Some(pre)),
            None => (front, None),
        };
        let mut numbers = core.split('.');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        let patch = numbers.next()?;
        let is_well_formed = numbers.next().is_none()
            && [major, minor, patch].into_iter().all(is_number)
            && build.is_none_or(|build| build.split('.').all(is_identifier))
            && pre.is_none_or(|pre| {
                let is_numeric = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
                pre.split('.').all(|id| is_identifier(id) && (!is_numeric(id) || is_number(id)))
            });
        let at = match pre {
            None if major != "0" => major.len(),
            None if minor != "0" => major.len() + 1 + minor.len(),
            _ => front.len(),
        };
        is_well_formed.then(|| version.split_at(at))
    }
}

/// Returns whether a text is a number without leading zeros.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

/// Returns whether a text is an identifier of a pre-release or of build metadata.
fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
