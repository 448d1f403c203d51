//! Names of imports and exports: their forms, names that are too much alike, and the rules that an
//! annotated name sets for its function.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#import-and-export-definitions>

use alloc::format;
use alloc::string::{String, ToString};

use wattle_ast::components::{
    Accessor, ExternName, InterfaceName, NameError, NamePart, ParsedName, PlainName, Sort, Version,
};
use wattle_ast::{Feature, Features};

use super::entities::{Attributes, Entity, Entry};
use super::error::{ComponentErrorKind as K, NameRule as R};
use super::nodes::{FuncParts, Kind, NodeId};
use super::scope::{Externs, Side};
use super::texts::TextId;
use super::validator::{Checked, Validator};

impl Validator {
    /// Checks the name of an import or export of this type, and adds it.
    pub(crate) fn add_name(
        &mut self,
        side: Side,
        name: &ExternName<'_>,
        text: TextId,
        entity: Entity,
    ) -> Checked {
        let entry = Entry { name: text, entity, attributes: self.attributes(name) };
        let last = self.scopes.len() - 1;
        let mut externs = core::mem::take(self.scopes[last].side(side));
        let checked = self.check_name(&mut externs, side, name, &entry);
        *self.scopes[last].side(side) = externs;
        checked
    }

    /// The id of the attributes of a name.
    pub(crate) fn attributes(&mut self, name: &ExternName<'_>) -> u32 {
        let mut text = |name: &Option<wattle_ast::Name<'_>>| {
            name.as_ref().map(|name| self.arena.text(name.as_str()))
        };
        let of_name = name.attributes();
        let attributes = Attributes {
            implements: text(&of_name.implements),
            version_suffix: text(&of_name.version_suffix),
            external_id: text(&of_name.external_id),
        };
        self.arena.attributes(attributes)
    }

    /// Checks the name of an import or export, and adds it to those of one side.
    pub(crate) fn check_name(
        &mut self,
        externs: &mut Externs,
        side: Side,
        name: &ExternName<'_>,
        entry: &Entry,
    ) -> Checked {
        let text = name.name.as_str();
        self.at_most("bytes of a name", text.len(), self.limits.name_bytes)?;
        let parsed = parse(text, self.features).map_err(|(error, enable)| {
            let why = match error.part {
                NamePart::ResourceFunc => format!("failed to find `.` character: {error}"),
                NamePart::Version => format!("{error}: {}", why_no_version(&error.text)),
                _ => error.to_string(),
            };
            K::ExternName { side: side.name(), name: text.into(), why }.enabled_by(enable)
        });
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(error) => {
                if externs.malformed.insert(entry.name) {
                    externs.entries.push(*entry);
                }
                return Err(error);
            }
        };
        let key = match parsed.key() {
            key if key == text => entry.name,
            key => self.arena.text(&key),
        };
        let previous = externs.keys.insert(key, externs.entries.len() as u32);
        let attributes = self.check_attributes(name, &parsed, entry.entity);
        let typed =
            attributes.and_then(|()| self.check_typed(externs, side, name, &parsed, entry.entity));
        match previous {
            Some(place) => {
                externs.keys.insert(key, place);
                let previous = externs.entries[place as usize];
                let mut shown = self.owned(previous.name);
                shown.push_str(&self.suffix_of(&previous));
                typed?;
                let name = self.shown_name(name);
                Err(K::NameConflict {
                    side: side.name(),
                    name: name.as_str().into(),
                    previous: shown.as_str().into(),
                }
                .into())
            }
            None => {
                let property = match &typed {
                    Ok(()) => self.check_property(externs, side, &parsed, entry.entity),
                    Err(_) => Ok(()),
                };
                externs.entries.push(*entry);
                typed.and(property)
            }
        }
    }

    /// The version suffix of an entry, where it belongs to the name.
    fn suffix_of(&self, entry: &Entry) -> String {
        let attributes = self.arena.attributes_of(entry);
        match (attributes.version_suffix, attributes.implements) {
            (Some(suffix), None) => self.owned(suffix),
            _ => String::new(),
        }
    }

    fn check_attributes(
        &self,
        name: &ExternName<'_>,
        parsed: &ParsedName<'_>,
        entity: Entity,
    ) -> Checked {
        let text = name.name.as_str();
        let is_instance = entity.sort == Sort::INSTANCE;
        let found = entity.sort.keyword();
        let attributes = name.attributes();
        if let Some(suffix) = &attributes.version_suffix {
            self.need(Feature::CmCanonNames, "the `cm-canon-names` feature is not active")?;
            if !is_instance {
                return Err(K::SuffixSort { found }.into());
            }
            if suffix.as_str().is_empty() {
                return Err(K::SuffixEmpty.into());
            }
            if attributes.implements.is_none() && !matches!(parsed, ParsedName::Interface(_)) {
                return Err(K::SuffixName.into());
            }
        }
        if attributes.implements.is_some() || attributes.external_id.is_some() {
            self.need(Feature::CmImplements, "the `cm-implements` feature is not active")?;
        }
        if let Some(implements) = &attributes.implements {
            let is_bare =
                matches!(parsed, ParsedName::Plain(PlainName::Label { accessor: None, .. }));
            if !is_bare {
                return Err(K::ImplementsName { name: text.into() }.into());
            }
            if !is_instance {
                return Err(K::ImplementsSort { found }.into());
            }
            let implements = implements.as_str();
            let parsed = parse(implements, self.features).map_err(|(error, enable)| {
                let (name, why) = (implements.into(), error.to_string());
                K::ImplementsInvalid { name, why }.enabled_by(enable)
            })?;
            let ParsedName::Interface(interface) = parsed else {
                return Err(K::ImplementsPlain { name: implements.into() }.into());
            };
            self.check_version(&interface, name)?;
        }
        if let (ParsedName::Interface(interface), None) = (parsed, &attributes.implements) {
            self.check_version(interface, name)?;
        }
        Ok(())
    }

    /// Checks that the version of an interface and the suffix give a semantic version.
    fn check_version(&self, interface: &InterfaceName<'_>, name: &ExternName<'_>) -> Checked {
        let suffix = name.attributes().version_suffix.as_ref().map(|suffix| suffix.as_str());
        let why = match (interface.version, suffix) {
            (None | Some(Version::Full(_)), None) => return Ok(()),
            (None, Some(_)) => "a version suffix requires the name to have a version".to_string(),
            (Some(Version::Canonical(version)), None) => {
                format!("`{version}` is not a full version, and there is no version suffix")
            }
            (Some(version), Some(suffix)) => {
                let full = format!("{}{suffix}", version.as_str());
                match Version::split(&full) {
                    Some((canonical, _)) if canonical == version.as_str() => return Ok(()),
                    Some(_) => {
                        let version = version.as_str();
                        format!("`{version}` is not the canonical version of `{full}`")
                    }
                    None => format!("`{full}` is not a semantic version"),
                }
            }
        };
        let why = wattle_ast::Shown(&why).to_string();
        Err(K::Version { why }.into())
    }

    /// Checks that a function has the type that its annotated name requires.
    fn check_typed(
        &self,
        externs: &Externs,
        side: Side,
        name: &ExternName<'_>,
        parsed: &ParsedName<'_>,
        entity: Entity,
    ) -> Checked {
        let ParsedName::Plain(plain) = parsed else { return Ok(()) };
        if NodeId(entity.id) == NodeId::UNKNOWN {
            return Ok(());
        }
        self.check_plain(externs, plain, entity).map_err(|why| {
            let name = name.name.as_str().into();
            K::NameType { side: side.name(), name, why }.into()
        })
    }

    fn check_plain(
        &self,
        externs: &Externs,
        name: &PlainName<'_>,
        entity: Entity,
    ) -> Result<(), R> {
        if let PlainName::Label { accessor: None, .. } = name {
            return Ok(());
        }
        if entity.sort != Sort::FUNC {
            return Err(R::NotFunc { found: entity.sort.keyword() });
        }
        let func = self.func(NodeId(entity.id));
        match *name {
            PlainName::Label { .. } => {}
            PlainName::Constructor { resource } => {
                if func.is_async {
                    return Err(R::ConstructorAsync);
                }
                let result = func.result.ok_or(R::NoResult)?;
                let handle = self.value_of(result);
                if self.arena.kind(handle) != Kind::Own {
                    return Err(R::ConstructorResult);
                }
                self.check_resource(externs, handle, resource)?;
            }
            PlainName::Method { resource, .. } => {
                let (label, first) = func.params().next().ok_or(R::NoParam)?;
                let label = self.arena.str(label);
                if label != "self" {
                    return Err(R::SelfName { found: label.into() });
                }
                if self.arena.kind(first) != Kind::Borrow {
                    return Err(R::SelfType);
                }
                self.check_resource(externs, first, resource)?;
            }
            PlainName::Static { resource, .. } => {
                let known = self.arena.texts.find(resource);
                if !known.is_some_and(|name| externs.resource_names.contains(&name)) {
                    return Err(R::UnknownResource { resource: resource.into() });
                }
            }
        }
        let Some(accessor) = name.accessor() else { return Ok(()) };
        let what = match accessor {
            Accessor::Get => "getter",
            Accessor::Set => "setter",
        };
        if func.is_async {
            return Err(R::AccessorAsync { what });
        }
        let (own, besides) = match name {
            PlainName::Method { .. } => (func.params().len().saturating_sub(1), " besides `self`"),
            _ => (func.params().len(), ""),
        };
        let is_result = func.result.is_some_and(|ty| self.arena.kind(ty) == Kind::Result);
        let ok = func.result.filter(|_| is_result).and_then(|ty| self.arena.bare(ty).part(0));
        match accessor {
            Accessor::Get if own != 0 => Err(R::GetterParams { besides }),
            Accessor::Get if func.result.is_none() => Err(R::GetterResult),
            Accessor::Get if is_result && ok.is_none() => Err(R::GetterOk),
            Accessor::Set if own != 1 => Err(R::SetterParams { besides }),
            Accessor::Set if func.result.is_some() && (!is_result || ok.is_some()) => {
                Err(R::SetterResult)
            }
            _ => Ok(()),
        }
    }

    /// Checks that the resource of a handle has this name.
    fn check_resource(&self, externs: &Externs, handle: NodeId, name: &str) -> Result<(), R> {
        let Some(resource) = self.arena.bare(handle).part(0) else { return Ok(()) };
        if resource == NodeId::UNKNOWN {
            return Ok(());
        }
        let Some(&known) = externs.resources.get(&resource) else {
            return Err(R::UnnamedResource { resource: self.arena.describe(resource) });
        };
        let known = self.arena.str(known);
        match known == name {
            true => Ok(()),
            false => Err(R::ResourceName { expected: known.into(), found: name.into() }),
        }
    }

    /// The type in the `ok` case of a `result` type. Any other type is returned as it is, and so is
    /// a result without such a type.
    fn value_of(&self, id: NodeId) -> NodeId {
        let node = self.arena.bare(id);
        match node.kind {
            Kind::Result => node.part(0).unwrap_or(id),
            _ => id,
        }
    }

    /// The parts of the type of a function; nothing if it had an error.
    fn func(&self, id: NodeId) -> FuncParts<'_> {
        self.arena.bare(id).func().unwrap_or_default()
    }

    /// Checks that a setter follows its getter, and that both are about one type.
    fn check_property(
        &self,
        externs: &Externs,
        side: Side,
        parsed: &ParsedName<'_>,
        entity: Entity,
    ) -> Checked {
        let ParsedName::Plain(plain) = parsed else { return Ok(()) };
        let Some(getter) = plain.getter().filter(|_| NodeId(entity.id) != NodeId::UNKNOWN) else {
            return Ok(());
        };
        let key = self.arena.texts.find(&ParsedName::Plain(getter).key());
        let getter = getter.to_string();
        let entry = key.and_then(|key| externs.entry_with(key));
        let entry = entry.filter(|entry| *self.arena.str(entry.name) == *getter);
        let (side, name) = (side.name(), parsed.to_string());
        let name = name.as_str().into();
        let Some(entry) = entry else {
            return Err(K::Getter { side, name, getter: getter.as_str().into() }.into());
        };
        let result = self.func(NodeId(entry.entity.id)).result;
        let property = result.map(|result| self.value_of(result));
        let param = self.func(NodeId(entity.id)).params().last().map(|(_, ty)| ty);
        match (property, param) {
            (Some(property), Some(param)) if !self.arena.are_equal(property, param) => {
                let (expected, found) = (self.arena.describe(property), self.arena.describe(param));
                let getter = getter.as_str().into();
                Err(K::PropertyType { side, name, getter, expected, found }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Parses a name. The feature that the name needs is returned beside the error, not in it.
fn parse(name: &str, features: Features) -> Result<ParsedName<'_>, (NameError, Option<Feature>)> {
    ParsedName::parse(name, features).map_err(|mut error| {
        let enable = error.enable.take();
        (error, enable)
    })
}

/// The reason why a text is not a semantic version.
fn why_no_version(text: &str) -> String {
    if text.is_empty() {
        return "empty string".to_string();
    }
    let mut rest = text;
    for (nth, part) in ["major", "minor", "patch"].into_iter().enumerate() {
        if nth > 0 {
            match rest.strip_prefix('.') {
                Some(behind) => rest = behind,
                None => return unexpected(rest, "after", ["major", "minor"][nth - 1]),
            }
        }
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.len() - behind.len();
        if digits == 0 {
            return unexpected(rest, "while parsing", part);
        }
        if digits > 1 && rest.starts_with('0') {
            return format!("invalid leading zero in {part} version number");
        }
        rest = behind;
    }
    let (pre, build) = match rest.split_once('+') {
        Some((pre, build)) => (pre, Some(build)),
        None => (rest, None),
    };
    let is_empty = |list: &str| list.split('.').any(str::is_empty);
    match pre.strip_prefix('-') {
        Some(pre) if is_empty(pre) => {
            return "empty identifier segment in pre-release identifier".to_string();
        }
        None if !pre.is_empty() => return unexpected(pre, "after", "patch"),
        _ => {}
    }
    match build.is_some_and(is_empty) {
        true => "empty identifier segment in build metadata".to_string(),
        false => "an identifier has other characters than letters, digits and hyphens".to_string(),
    }
}

/// The message about an unexpected character, or the end of the input, at a part of a version.
fn unexpected(rest: &str, place: &str, part: &str) -> String {
    match rest.chars().next() {
        Some(found) => {
            let found = found.to_string();
            let found = wattle_ast::Shown(&found);
            format!("unexpected character '{found}' {place} {part} version number")
        }
        None => format!("unexpected end of input while parsing {part} version number"),
    }
}
