//! Measures the forms of a text, to find those that fit on a line: their ends, layouts and widths,
//! in one pass over the tokens.

use alloc::vec::Vec;

use super::layout::{Layout, Role, classify};
use super::scan::{Kind, Scan, Token};
use crate::error::{Error, ErrorKind, Expected};

/// A form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The position of its closing parenthesis.
    pub(super) close: u32,
    /// The number of its characters on one line, or [`Form::BROKEN`].
    pub(super) width: u32,
    pub(super) layout: Layout,
    pub(super) role: Role,
}

impl Form {
    /// The width of a form that cannot be on one line, or must not.
    pub(super) const BROKEN: u32 = u32::MAX;
}

/// A form that is open.
struct Open<'a> {
    /// Its number.
    form: usize,
    /// The place among the open forms of the field or the directive that contains this form, or is
    /// it.
    field: usize,
    layout: Layout,
    keyword: &'a str,
    width: u32,
    /// The number of its tokens and forms.
    len: usize,
    is_broken: bool,
    /// Whether an item in it would get a line of its own.
    has_body: bool,
    /// The number of instructions that are not folded.
    flat: u32,
    /// The number of instructions.
    statements: u32,
    /// The number of open blocks that are not folded.
    blocks: u32,
}

/// Finds the forms, in the order in which they open. Forms that cannot be formatted get
/// [`Layout::Untouched`], and their errors are added to those of the scan.
pub(super) fn measure(scan: &mut Scan<'_>) -> Vec<Form> {
    let mut measure = Measure { forms: Vec::new(), open: Vec::new() };
    for at in 0..scan.tokens.len() {
        let error = measure.token(scan, at);
        scan.errors.extend(error);
    }
    measure.forms
}

struct Measure<'a> {
    forms: Vec<Form>,
    open: Vec<Open<'a>>,
}

impl<'a> Measure<'a> {
    fn token(&mut self, scan: &Scan<'a>, at: usize) -> Option<Error> {
        let token = scan.token(at);
        match token.kind {
            Kind::Open | Kind::Annotation => {
                self.open(scan, at);
                None
            }
            Kind::Close => self.close(scan, at),
            kind => {
                let slice = scan.slice(token);
                // A malformed token may reach to the end of its line.
                let is_long = matches!(kind, Kind::LineComment | Kind::Malformed)
                    || kind == Kind::BlockComment && slice.contains('\n');
                let width = if is_long { Form::BROKEN } else { count(scan.width(slice)) };
                self.child(token, Role::Other, width);
                match kind {
                    Kind::Malformed => {
                        self.leave_malformed();
                        None
                    }
                    kind if kind.is_instr() => self.instr(token),
                    _ => None,
                }
            }
        }
    }

    fn open(&mut self, scan: &Scan<'a>, at: usize) {
        let around = self.open.last();
        let field = around.filter(|open| open.layout != Layout::Items).map(|open| open.field);
        let field = field.unwrap_or(self.open.len());
        let around = around.map_or((Layout::Items, ""), |open| (open.layout, open.keyword));
        let (layout, role) = classify(scan, at, around);
        let token = scan.token(at);
        // The width is added when the form ends.
        self.child(token, role, 0);
        let form = self.forms.len();
        self.forms.push(Form { close: u32::MAX, width: Form::BROKEN, layout, role });
        let head = if token.kind == Kind::Annotation { scan.slice(token).len() } else { 1 };
        self.open.push(Open {
            form,
            field,
            layout,
            keyword: scan.keyword(at),
            width: count(head),
            len: usize::from(token.kind == Kind::Annotation),
            is_broken: false,
            has_body: false,
            flat: 0,
            statements: 0,
            blocks: 0,
        });
    }

    fn close(&mut self, scan: &Scan<'a>, at: usize) -> Option<Error> {
        let error = match self.open.last() {
            Some(open) if open.blocks > 0 => {
                let kind = ErrorKind::UnexpectedToken(Expected::Token("end"));
                self.leave_field();
                Some(Error::new(kind, scan.token(at).span()))
            }
            _ => None,
        };
        let open = self.open.pop()?;
        let form = self.forms.get_mut(open.form)?;
        form.close = at as u32;
        let token = scan.token(at);
        let must_break =
            open.is_broken || open.has_body && token.lines > 0 && !open.layout.keeps_lines();
        form.width = if must_break { Form::BROKEN } else { open.width.saturating_add(1) };
        let width = form.width;
        if let Some(around) = self.open.last_mut() {
            around.add(width);
        }
        error
    }

    /// Adds a token, or the beginning of a form, to the form that it is in.
    fn child(&mut self, token: Token, role: Role, width: u32) {
        let Some(open) = self.open.last_mut() else { return };
        open.len += 1;
        if open.len > 1 {
            open.add(1);
        }
        open.add(width);
        let is_item = match (token.kind, open.layout) {
            (Kind::BlockComment | Kind::Annotation, layout) => {
                token.lines > 0 && (layout.has_items() || layout.has_code())
            }
            (Kind::Open, Layout::Items | Layout::Fields | Layout::Assertion) => true,
            (Kind::Open, Layout::Func | Layout::Block) => {
                open.statements += u32::from(role == Role::Statement);
                role != Role::Other
            }
            (kind, Layout::Func | Layout::Block) if kind.is_instr() => open.len > 1,
            (_, layout) => layout.keeps_lines() && open.len > 1,
        };
        open.has_body |= is_item;
        open.is_broken |= is_item && token.lines > 0 || open.flat > 0 && open.statements > 1;
    }

    /// Adds an instruction that is not folded.
    fn instr(&mut self, token: Token) -> Option<Error> {
        let open = self.open.last_mut()?;
        if !open.layout.has_code() || open.len == 1 {
            return None;
        }
        open.flat += 1;
        open.statements += 1;
        open.is_broken |= open.statements > 1 || token.kind != Kind::Instr;
        match token.kind {
            Kind::BlockOpen => open.blocks += 1,
            Kind::BlockPart | Kind::BlockClose if open.blocks == 0 => {
                self.leave_field();
                let kind = ErrorKind::UnexpectedToken(Expected::FittingInstr);
                return Some(Error::new(kind, token.span()));
            }
            Kind::BlockClose => open.blocks -= 1,
            _ => {}
        }
        None
    }

    /// Leaves the field around a malformed token as it is. Between fields, only the token is left.
    fn leave_malformed(&mut self) {
        let is_between =
            self.open.last().is_none_or(|open| open.layout == Layout::Items && open.len > 1);
        if !is_between {
            self.leave_field();
        }
    }

    /// Leaves the innermost field of a module, or the directive, as it is.
    fn leave_field(&mut self) {
        let Some(field) = self.open.last().map(|open| open.field) else { return };
        if let Some(open) = self.open.get_mut(field)
            && let Some(form) = self.forms.get_mut(open.form)
        {
            open.is_broken = true;
            form.layout = Layout::Untouched;
        }
    }
}

impl Open<'_> {
    fn add(&mut self, width: u32) {
        self.is_broken |= width == Form::BROKEN;
        self.width = self.width.saturating_add(width);
    }
}

fn count(width: usize) -> u32 {
    u32::try_from(width).unwrap_or(Form::BROKEN)
}
