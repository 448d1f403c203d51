//! [`ExternName`]: the name of an import or export, with its attributes; and its binary format.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::{Decode, Encode, Feature, Features, Malformed, Name, Reader};

type Result<T> = core::result::Result<T, Malformed>;

const PLAIN_NAME: u8 = 0;
/// An older code for a name without attributes.
const LEGACY_NAME: u8 = 1;
const NAME_WITH_ATTRIBUTES: u8 = 2;

/// The name of an import or export, with its attributes.
///
/// Few names have attributes, so they are in a box of their own, and a name without any is small.
///
/// ```
/// use wattle_ast::Encode;
/// use wattle_ast::components::ExternName;
///
/// let mut name = ExternName::from("a");
/// assert_eq!(name.to_bytes(), [0, 1, b'a']);
/// name.attributes_mut().external_id = Some("b".into());
/// assert_eq!(name.to_bytes(), [2, 1, b'a', 1, 2, 1, b'b']);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExternName<'a> {
    /// The name.
    pub name: Name<'a>,
    /// The list of attributes, which may be empty; `None` if the name has the form without a list.
    attributes: Option<Box<NameAttributes<'a>>>,
}

/// A row: the attribute, its byte, its feature, and the error if a name has it twice.
macro_rules! attributes {
    ($( $(#[$doc:meta])* $field:ident $code:literal $feature:ident $duplicate:ident; )*) => {
        /// The attributes of the name of an import or export.
        #[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
        pub struct NameAttributes<'a> { $( $(#[$doc])* pub $field: Option<Name<'a>>, )* }

        static NO_ATTRIBUTES: NameAttributes<'static> = NameAttributes { $( $field: None, )* };

        impl<'a> NameAttributes<'a> {
            fn into_owned(self) -> NameAttributes<'static> {
                NameAttributes { $( $field: self.$field.map(Name::into_owned), )* }
            }

            /// The field of the attribute with this byte, its feature, and the error if the name
            /// has it twice.
            fn place(&mut self, code: u8) -> Option<(&mut Option<Name<'a>>, Feature, Malformed)> {
                Some(match code {
                    $( $code => (&mut self.$field, Feature::$feature, Malformed::$duplicate), )*
                    _ => return None,
                })
            }

            /// The attributes that the name has, with their bytes.
            fn iter(&self) -> impl Iterator<Item = (u8, &Name<'a>)> {
                let all = [$( ($code, &self.$field), )*];
                all.into_iter().filter_map(|(code, attribute)| Some((code, attribute.as_ref()?)))
            }
        }
    };
}

attributes! {
    /// The interface of an instance that has a plain name.
    implements 0 CmImplements DuplicateImplements;
    /// The rest of the version in a name whose version is canonical.
    version_suffix 1 CmCanonNames DuplicateVersionSuffix;
    /// A name that means something to the host.
    external_id 2 CmImplements DuplicateExternalId;
}

impl<'a> ExternName<'a> {
    /// A name with attributes. If there are none, it has no list of them.
    ///
    /// ```
    /// use wattle_ast::components::{ExternName, NameAttributes};
    ///
    /// let attributes = NameAttributes { implements: Some("a:b/c".into()), ..Default::default() };
    /// let name = ExternName::new("backend", attributes);
    /// assert_eq!(name.attributes().implements, Some("a:b/c".into()));
    /// ```
    pub fn new(name: impl Into<Name<'a>>, attributes: NameAttributes<'a>) -> ExternName<'a> {
        let is_empty = attributes == NO_ATTRIBUTES;
        ExternName { name: name.into(), attributes: (!is_empty).then(|| Box::new(attributes)) }
    }

    /// A name with the attribute `external-id`, if it is given.
    pub fn with_external_id(
        name: impl Into<Name<'a>>,
        external_id: Option<Name<'a>>,
    ) -> ExternName<'a> {
        ExternName::new(name, NameAttributes { external_id, ..NameAttributes::default() })
    }

    /// The attributes.
    pub fn attributes(&self) -> &NameAttributes<'a> {
        self.attributes.as_deref().unwrap_or(&NO_ATTRIBUTES)
    }

    /// Whether the name has the form with a list of attributes, which may be empty. Names have this
    /// form only with [`Feature::CmImplements`] or [`Feature::CmCanonNames`]. The shortest form leaves
    /// an empty list out.
    ///
    /// ```
    /// use wattle_ast::components::ExternName;
    /// use wattle_ast::{Decode, Encode, Reader};
    ///
    /// let empty = [2, 1, b'a', 0];
    /// let name = ExternName::decode(&mut Reader::new(&empty)).unwrap();
    /// assert!(name.has_attribute_list());
    /// assert_eq!(name.to_bytes(), [0, 1, b'a']);
    /// assert!(!ExternName::from("a").has_attribute_list());
    /// ```
    pub fn has_attribute_list(&self) -> bool {
        self.attributes.is_some()
    }

    /// Returns the attributes, to be changed. The name then has a list of attributes, even if it stays
    /// empty.
    pub fn attributes_mut(&mut self) -> &mut NameAttributes<'a> {
        self.attributes.get_or_insert_default()
    }

    /// Copies borrowed data, so that the name can outlive the input.
    pub fn into_owned(self) -> ExternName<'static> {
        let name = self.name.into_owned();
        let attributes = self.attributes.map(|attributes| Box::new(attributes.into_owned()));
        ExternName { name, attributes }
    }

    fn decode_attribute(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let start = reader.pos();
        let code = reader.byte()?;
        let features = reader.features();
        let place = self.attributes_mut().place(code);
        let place = place.filter(|(_, feature, _)| features.contains(*feature));
        let Some((attribute, _, duplicate)) = place else {
            return Err(reader.back(1, Malformed::NameAttribute));
        };
        let value = reader.read()?;
        match attribute.replace(value) {
            None => Ok(()),
            Some(_) => Err(reader.fail_at(start, duplicate)),
        }
    }
}

impl<'a, T: Into<Name<'a>>> From<T> for ExternName<'a> {
    fn from(name: T) -> ExternName<'a> {
        ExternName { name: name.into(), attributes: None }
    }
}

/// A name without attributes equals a name with an empty list of attributes.
impl PartialEq for ExternName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.attributes() == other.attributes()
    }
}

impl Eq for ExternName<'_> {}

impl Hash for ExternName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.attributes().hash(state);
    }
}

impl<'a> Decode<'a> for ExternName<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let has_attributes =
            reader.features().intersects(Features::CM_IMPLEMENTS | Features::CM_CANON_NAMES);
        let form = reader.byte_if(Malformed::ComponentName, |form| match form {
            PLAIN_NAME | LEGACY_NAME => Some(form),
            NAME_WITH_ATTRIBUTES if has_attributes => Some(form),
            _ => None,
        })?;
        let mut name = ExternName::from(reader.read::<Name<'a>>()?);
        if form == NAME_WITH_ATTRIBUTES {
            name.attributes_mut();
            for _ in 0..reader.len32()? {
                name.decode_attribute(reader)?;
            }
        }
        Ok(name)
    }
}

impl Encode for ExternName<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        let attributes = self.attributes();
        let count = attributes.iter().count();
        // An empty list is left out.
        out.push(if count == 0 { PLAIN_NAME } else { NAME_WITH_ATTRIBUTES });
        self.name.encode(out);
        if count == 0 {
            return;
        }
        (count as u32).encode(out);
        for (code, value) in attributes.iter() {
            out.push(code);
            value.encode(out);
        }
    }
}
