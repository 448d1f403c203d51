//! `component embed`: the world of a core module, in a custom section.

use alloc::vec::Vec;

use wattle_ast::components::{Component, Definition};
use wattle_ast::custom::Producers;
use wattle_ast::{Custom, CustomData, Encode, Module};
use wattle_wit::component_type::{self, SECTION, StringEncoding};
use wattle_wit::encode::{Config, TooLarge};
use wattle_wit::model::{Model, WorldId};

use crate::producers;

/// Writes the world that a core module is for into the module, as a custom section
/// `component-type`, which [`Componentizer`](crate::Componentizer) reads.
///
/// ```
/// use wattle_componentize::Embed;
/// use wattle_wit::Resolver;
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; world w { export run: func(); }");
/// let resolved = resolver.resolve().unwrap();
/// let world = resolved.model().select_world(resolved.root(), None).unwrap();
///
/// let mut module = wattle_ast::Module::default();
/// Embed::new(resolved.model(), world).add_to(&mut module)?;
/// assert_eq!(module.customs[0].name, "component-type");
/// # Ok::<(), wattle_wit::encode::TooLarge>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Embed<'m> {
    model: &'m Model,
    world: WorldId,
    encoding: StringEncoding,
    config: Config,
}

impl<'m> Embed<'m> {
    /// Starts with a world, and with strings in UTF-8.
    pub fn new(model: &'m Model, world: WorldId) -> Embed<'m> {
        Embed { model, world, encoding: StringEncoding::Utf8, config: Config::new() }
    }

    /// Sets the string encoding of the module.
    pub fn encoding(mut self, encoding: StringEncoding) -> Embed<'m> {
        self.encoding = encoding;
        self
    }

    /// Lets the section have canonical versions: `a:b/c@1`, with `.2.3` as an attribute. Canonical
    /// versions do not tell compatible versions apart, so the world must not import or export
    /// several of one interface: [`Model::merge_imports_by_version`] merges such imports.
    pub fn canonical_names(mut self) -> Embed<'m> {
        self.config = self.config.canonical_names();
        self
    }

    /// Returns the content of the section, which is a component.
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn section(self) -> Result<Component<'static>, TooLarge> {
        let Embed { model, world, encoding, config } = self;
        let mut component = component_type::encode_with(config, model, world, encoding)?;
        let data = CustomData::Bytes(producers::of_tool().to_bytes().into());
        let custom = Custom { name: Producers::NAME.into(), data, after: None };
        component.definitions.push(Definition::Custom(custom));
        Ok(component)
    }

    /// Adds the section to a module, behind all others.
    ///
    /// # Errors
    /// If the component would be too large.
    pub fn add_to(self, module: &mut Module<'_>) -> Result<(), TooLarge> {
        let bytes: Vec<u8> = wattle_encoder::encode_component(&self.section()?);
        let data = CustomData::Bytes(bytes.into());
        let after = module.last_section();
        module.customs.push(Custom { name: SECTION.into(), data, after });
        Ok(())
    }
}
