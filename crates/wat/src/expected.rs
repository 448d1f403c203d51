//! The forms and words that can be expected at a place in the text, and the types of numbers.

use core::fmt;

use wattle_syntax::Shape;

macro_rules! expected {
    ($( $(#[$doc:meta])* $variant:ident $text:literal; )*) => {
        /// A form or word that would fit at a place. `Display` shows it with its article, for error
        /// messages.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Expected {
            $( $(#[$doc])* $variant, )*
            /// This particular token.
            Token(&'static str),
        }

        impl fmt::Display for Expected {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $( Expected::$variant => $text, )*
                    Expected::Token(token) => token,
                })
            }
        }
    };
}

expected! {
    /// An instruction.
    Instr "an instruction";
    /// A folded instruction.
    FoldedInstr "an instruction in parentheses";
    /// An instruction that fits, unlike the one found, which begins, parts or ends a block.
    FittingInstr "an instruction that fits here";
    /// An operand, or the closing parenthesis behind the operands.
    OperandOrClose "( or )";
    /// A field of a module.
    Field "a field of the module";
    /// A component: `(component ...)`.
    Component "a component";
    /// A field of a component.
    ComponentField "a field of the component";
    /// A keyword that may stand behind `core` in a field of a component.
    CoreField "module, instance, type, func or rec behind core";
    /// A declaration in the type of a component or instance.
    TypeDecl "a declaration of the type";
    /// A declaration in the type of a core module.
    ModuleTypeDecl "type, rec, alias, import or export";
    /// A form for an import or export of a component, such as `(func $f)`.
    ExternDesc "a definition that components can export";
    /// A sort of a component.
    Sort "a sort";
    /// A core sort.
    CoreSort "a core sort";
    /// A sort that outer aliases can have.
    OuterSort "core module, core type, type or component";
    /// `outer`, `export` or `core export`.
    AliasTarget "outer, export or core export";
    /// `(eq TYPE)` or `(sub resource)`.
    TypeBound "(eq or (sub";
    /// A type that is written out.
    DefType "a type that is written out";
    /// A value type of a component.
    ComponentValType "a type";
    /// A canonical definition.
    Canon "a canonical definition";
    /// A canonical definition of a core function.
    BuiltIn "a canonical definition of a core function";
    /// An option of a canonical definition.
    CanonOpt "an option or the type";
    /// `(canon ...)` or `(alias ...)`.
    CanonOrAlias "(canon or (alias";
    /// A form for an import, such as `(func $f)`.
    ExternType "an external type";
    /// A function, struct, array or continuation type.
    CompType "a composite type";
    /// A value type.
    ValType "a type";
    /// A heap type.
    HeapType "a heap type";
    /// The shape of a vector.
    Shape "a shape";
    /// The index of a lane.
    Lane "a lane";
    /// A string that is a name.
    Name "a name";
    /// An index: a number or an identifier.
    Index "an index or an identifier";
    /// An identifier.
    Id "an identifier";
    /// `offset=N` or `align=N`.
    MemArg "an offset or an alignment";
    /// A natural number.
    Unsigned "an unsigned integer";
    /// A number.
    Number "a number";
    /// Anything except a parameter.
    NoParams "no parameters behind the results";
    /// A directive of a script.
    Directive "a directive";
    /// `invoke` or `get`.
    Action "an action";
    /// A module in a script.
    Module "a module";
    /// A module in a script whose text is given, or an instance.
    Instantiation "a module to instantiate";
    /// An argument of an action.
    Constant "a constant";
    /// `true` or `false`.
    Bool "true or false";
    /// A string of one character.
    Char "a string of one character";
    /// A character in single quotes.
    CharLiteral "a character such as 'a', in ASCII, or (binary \"...\") for the whole value";
    /// A NaN without payload.
    CanonicalNan "a number, or the canonical nan";
    /// The label of a case or flag of the type.
    CaseOfType "the label of a case or flag of the type";
    /// A result of the type.
    ResultOfType "ok or error, in parentheses with a value where the type has one";
    /// The bytes of a value whose type is not known.
    ValueOfUnknownType "(binary \"...\"), since the type is not defined in this text or has no literals";
    /// A value of a component, such as `(u8.const 1)`.
    ComponentValue "a value of a component";
    /// A pattern for a result of an action.
    ResultPattern "a result";
    /// The type of numbers in a data segment.
    DataNumbers "a string, or a type of numbers: i8, i16, i32, i64, f32, f64 or v128";
    /// The end of the text.
    End "the end of the text";
}

impl Expected {
    /// Returns whether the form belongs to the text of components.
    pub(crate) const fn is_of_components(self) -> bool {
        use Expected::*;
        matches!(
            self,
            Component
                | ComponentField
                | CoreField
                | TypeDecl
                | ModuleTypeDecl
                | ExternDesc
                | Sort
                | CoreSort
                | OuterSort
                | AliasTarget
                | TypeBound
                | DefType
                | ComponentValType
                | Canon
                | BuiltIn
                | CanonOpt
                | CanonOrAlias
        )
    }
}

macro_rules! numbers {
    ($( $number:ident $prefix:literal $range:literal; )*) => {
        /// A type of numbers in the text format.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[allow(missing_docs)]
        pub enum Number { $( $number, )* }

        impl Number {
            /// Returns the beginning of the official phrase.
            pub(crate) const fn prefix(self) -> &'static str {
                match self { $( Number::$number => $prefix, )* }
            }

            /// Returns the type of the lanes of a vector.
            pub(crate) const fn lane(shape: Shape) -> Number {
                match shape {
                    Shape::I8x16 => Number::I8,
                    Shape::I16x8 => Number::I16,
                    Shape::I32x4 => Number::I32,
                    Shape::I64x2 => Number::I64,
                    Shape::F32x4 => Number::F32,
                    Shape::F64x2 => Number::F64,
                }
            }

            /// Returns the range of the numbers, for help.
            pub(crate) const fn range(self) -> &'static str {
                match self { $( Number::$number => $range, )* }
            }
        }
    };
}

numbers! {
    U8 "i8 " "a lane is from 0 to 255";
    U32 "i32 " "the number is from 0 to 4294967295";
    U64 "i64 " "the number is from 0 to 18446744073709551615";
    ComponentU8 "" "a u8 is from 0 to 255";
    ComponentU16 "" "a u16 is from 0 to 65535";
    ComponentInteger "" "the number is not in the range of its type";
    I8 "" "an i8 is from -128 to 255";
    I16 "" "an i16 is from -32768 to 65535";
    I32 "" "an i32 is from -2147483648 to 4294967295";
    I64 "" "an i64 is from -9223372036854775808 to 18446744073709551615";
    F32 "" "the largest f32 is 0x1.fffffep+127, about 3.4e38";
    F64 "" "the largest f64 is 0x1.fffffffffffffp+1023, about 1.8e308";
}
