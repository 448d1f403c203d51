//! The shape of the JSON: that of WABT's `wast2json`, with the order of keys that `spectest-interp`
//! expects. Commands and values that WABT does not have are written as `wasm-tools json-from-wast`
//! writes them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};
use serde_json::{Value as Json, json};
use wattle::ast::{AbsHeapType, F32, F64, HeapType, V128, ValType};
use wattle::syntax::Shape;
use wattle::wat::script::{
    ComponentValue, FloatPattern, Pattern, PatternKind, ValueKind, VectorPattern,
};

/// A command: a step of the script.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Command {
    Module(ModuleFile),
    Instance {
        line: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        definition: Option<String>,
    },
    Register {
        line: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#as: String,
    },
    Action {
        line: usize,
        action: Action,
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<Vec<Type>>,
    },
    AssertReturn {
        line: usize,
        action: Action,
        #[serde(flatten)]
        results: Results,
    },
    AssertTrap(FailingAction),
    AssertExhaustion(FailingAction),
    AssertSuspension(FailingAction),
    AssertException(FailingAction),
    AssertMalformed(FailingModule),
    AssertMalformedCustom(FailingModule),
    AssertInvalid(FailingModule),
    AssertInvalidCustom(FailingModule),
    AssertUnlinkable(FailingModule),
    AssertUninstantiable(FailingModule),
    Thread {
        line: usize,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        shared_module: Option<String>,
        commands: Vec<Command>,
    },
    Wait {
        line: usize,
        thread: String,
    },
}

/// The results that an action must have.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Results {
    /// A pattern for each result.
    Expected(Vec<Const>),
    /// Patterns, one of which the only result must match.
    Either(Vec<Const>),
}

impl Results {
    pub(super) fn of(patterns: &[Pattern]) -> Results {
        let all = |patterns: &[Pattern]| patterns.iter().map(Const::pattern).collect();
        match patterns {
            [Pattern { kind: PatternKind::Either(patterns), .. }] => Results::Either(all(patterns)),
            patterns => Results::Expected(all(patterns)),
        }
    }
}

/// A module in a file of its own.
#[derive(Serialize)]
pub(super) struct ModuleFile {
    /// Whether the module is only defined, and not instantiated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) definition: Option<&'static str>,
    pub(super) line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) filename: String,
}

/// An assertion that an action fails.
#[derive(Serialize)]
pub(super) struct FailingAction {
    pub(super) line: usize,
    pub(super) action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<Vec<Type>>,
}

/// An assertion that a module fails.
#[derive(Serialize)]
pub(super) struct FailingModule {
    pub(super) line: usize,
    pub(super) filename: String,
    pub(super) text: String,
    pub(super) module_type: FileType,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileType {
    Text,
    Binary,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Action {
    Invoke {
        #[serde(skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        field: String,
        args: Vec<Const>,
    },
    Get {
        #[serde(skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        field: String,
    },
}

/// The type of a result.
#[derive(Clone, Serialize)]
pub(super) struct Type {
    r#type: String,
}

impl From<ValType> for Type {
    fn from(ty: ValType) -> Type {
        Type { r#type: ty.to_string() }
    }
}

/// A value, or a pattern of values.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Const {
    Core(CoreConst),
    Component(Json),
}

/// A core value. Numbers are written as strings, and floats as the numbers that their bits stand
/// for.
#[derive(Serialize)]
pub(super) struct CoreConst {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Const>,
}

impl CoreConst {
    fn new(r#type: &'static str, value: Option<String>) -> CoreConst {
        CoreConst { r#type, lane_type: None, value: value.map(Json::String), values: Vec::new() }
    }
}

impl Const {
    fn core(ty: &'static str, value: impl ToString) -> Const {
        Const::Core(CoreConst::new(ty, Some(value.to_string())))
    }

    fn bare(ty: &'static str) -> Const {
        Const::Core(CoreConst::new(ty, None))
    }

    /// Converts an argument. A vector is split into lanes of a shape.
    pub(super) fn argument(kind: ValueKind, shape: Shape) -> Const {
        match kind {
            ValueKind::I32(value) => Const::core("i32", value as u32),
            ValueKind::I64(value) => Const::core("i64", value as u64),
            ValueKind::F32(F32(bits)) => Const::core("f32", bits),
            ValueKind::F64(F64(bits)) => Const::core("f64", bits),
            ValueKind::V128(V128(bytes)) => {
                let lanes = bytes.chunks_exact(16 / shape.lanes());
                let bits = lanes.map(|lane| {
                    lane.iter().rev().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte))
                });
                Const::vector(shape, bits.map(|bits| bits.to_string()))
            }
            ValueKind::RefNull(heap) => Const::null(heap),
            ValueKind::RefExtern(number) => Const::core("externref", number),
            ValueKind::RefHost(number) => Const::core("anyref", number),
        }
    }

    /// Converts an argument of a function of a component.
    pub(super) fn component(value: &ComponentValue) -> Const {
        Const::Component(component_value(value))
    }

    /// Converts a pattern of results.
    fn pattern(pattern: &Pattern) -> Const {
        match &pattern.kind {
            // An `either` does not contain another one.
            PatternKind::Either(patterns) => Const::Core(CoreConst {
                values: patterns.iter().map(|pattern| Const::single(&pattern.kind)).collect(),
                ..CoreConst::new("either", None)
            }),
            kind => Const::single(kind),
        }
    }

    fn single(kind: &PatternKind) -> Const {
        match kind {
            PatternKind::I32(value) => Const::core("i32", *value as u32),
            PatternKind::I64(value) => Const::core("i64", *value as u64),
            PatternKind::F32(float) => {
                Const::core("f32", float_text(float, |F32(bits)| (*bits).into()))
            }
            PatternKind::F64(float) => Const::core("f64", float_text(float, |F64(bits)| *bits)),
            PatternKind::V128(vector) => Const::vector_pattern(vector),
            PatternKind::RefNull(None) => Const::bare("refnull"),
            PatternKind::RefNull(Some(heap)) => Const::null(*heap),
            PatternKind::RefExtern(number) => Const::core("externref", number),
            PatternKind::RefHost(number) => Const::core("anyref", number),
            // `spectest-interp` expects a number, but does not compare it.
            PatternKind::Ref(AbsHeapType::Func) => Const::core("funcref", 0),
            PatternKind::Ref(heap) => Const::bare(reference(*heap)),
            PatternKind::Component(value) => Const::component(value),
            PatternKind::Either(_) => Const::bare("either"),
        }
    }

    fn vector_pattern(vector: &VectorPattern) -> Const {
        let lanes = vector.lanes().iter().map(|lane| float_text(lane, |bits| *bits));
        Const::vector(vector.shape(), lanes)
    }

    fn vector(shape: Shape, lanes: impl Iterator<Item = String>) -> Const {
        let (lane, _) = shape.keyword().split_once('x').unwrap_or_default();
        Const::Core(CoreConst {
            lane_type: Some(lane),
            value: Some(lanes.map(Json::String).collect()),
            ..CoreConst::new("v128", None)
        })
    }

    fn null(heap: HeapType) -> Const {
        match heap {
            HeapType::Abs(heap) => match heap {
                AbsHeapType::Func
                | AbsHeapType::Extern
                | AbsHeapType::Any
                | AbsHeapType::Exn
                | AbsHeapType::Cont => Const::core(reference(heap), "null"),
                heap => Const::bare(reference(heap)),
            },
            // The type of a module, which scripts cannot name.
            HeapType::Type(_) | HeapType::Exact(_) => Const::bare("refnull"),
        }
    }
}

/// The type of references to a heap type.
fn reference(heap: AbsHeapType) -> &'static str {
    heap.reference_keyword()
}

fn float_text<F>(float: &FloatPattern<F>, bits: impl Fn(&F) -> u64) -> String {
    match float {
        FloatPattern::Bits(float) => bits(float).to_string(),
        FloatPattern::CanonicalNan => "nan:canonical".to_owned(),
        FloatPattern::ArithmeticNan => "nan:arithmetic".to_owned(),
    }
}

/// Converts a value of a component. Values are nested at most 100 deep, which the parser of scripts
/// checks.
fn component_value(value: &ComponentValue) -> Json {
    use ComponentValue as V;
    let number = |value: &dyn ToString| Json::String(value.to_string());
    let all = |values: &[V]| Json::Array(values.iter().map(component_value).collect());
    let opt = |value: &Option<Box<V>>| value.as_deref().map_or(Json::Null, component_value);
    let (ty, value) = match value {
        V::Bool(value) => ("bool", json!(value)),
        V::S8(value) => ("s8", number(value)),
        V::U8(value) => ("u8", number(value)),
        V::S16(value) => ("s16", number(value)),
        V::U16(value) => ("u16", number(value)),
        V::S32(value) => ("s32", number(value)),
        V::U32(value) => ("u32", number(value)),
        V::S64(value) => ("s64", number(value)),
        V::U64(value) => ("u64", number(value)),
        V::F32(F32(bits)) => ("f32", number(bits)),
        V::F64(F64(bits)) => ("f64", number(bits)),
        V::Char(value) => ("char", json!(value)),
        V::String(text) => ("string", json!(text)),
        V::List(values) => ("list", all(values)),
        V::Map(entries) => {
            let entry =
                |(key, value): &(V, V)| json!([component_value(key), component_value(value)]);
            ("map", entries.iter().map(entry).collect())
        }
        V::Record(fields) => {
            let field = |(name, value): &(Box<str>, V)| json!([name, component_value(value)]);
            ("record", fields.iter().map(field).collect())
        }
        V::Tuple(values) => ("tuple", all(values)),
        V::Variant(case, None) => ("variant", json!({ "case": case })),
        V::Variant(case, payload) => ("variant", json!({ "case": case, "payload": opt(payload) })),
        V::Enum(case) => ("enum", json!(case)),
        V::Option(value) => ("option", opt(value)),
        V::Result(Ok(value)) => ("result", json!({ "Ok": opt(value) })),
        V::Result(Err(value)) => ("result", json!({ "Err": opt(value) })),
        V::Flags(names) => ("flags", json!(names)),
        // The parser of scripts makes no other values.
        _ => ("unknown", Json::Null),
    };
    json!({ "type": ty, "value": value })
}

/// Writes a script, a command on each line.
pub(super) fn write(
    out: &mut dyn Write,
    source_filename: &str,
    commands: &[Command],
) -> io::Result<()> {
    out.write_all(b"{\"source_filename\": ")?;
    write_value(out, &source_filename)?;
    out.write_all(b",\n \"commands\": [")?;
    for (place, command) in commands.iter().enumerate() {
        out.write_all(if place == 0 { b"\n  " } else { b",\n  " })?;
        write_value(out, command)?;
    }
    out.write_all(b"]}\n")
}

fn write_value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Spaced))?;
    Ok(())
}

/// JSON with a blank behind each comma and colon. All escapes are `\u`, the only kind that
/// `spectest-interp` knows.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let code = match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => 0x08,
            CharEscape::FormFeed => 0x0c,
            CharEscape::LineFeed => b'\n',
            CharEscape::CarriageReturn => b'\r',
            CharEscape::Tab => b'\t',
            CharEscape::AsciiControl(code) => code,
        };
        write!(out, "\\u{code:04x}")
    }
}
