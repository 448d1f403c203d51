//! Texts whose parentheses do not match: each field that lacks one, or has one too many, becomes a
//! single token, so that the others can be formatted.
//!
//! Only the layout shows where a field that is not closed ends: the next field begins a line, and
//! is not indented deeper than the fields before it.

use alloc::vec::Vec;

use wattle_ast::Span;

use super::scan::{Kind, Scan, Token};
use crate::error::{Error, ErrorKind, Expected, Related};
use crate::help::Help;
use crate::keywords;

/// A run of tokens that stays as it is: the first, and the one behind the last.
type Region = (usize, usize);

/// Joins the tokens of fields whose parentheses do not match.
pub(super) fn join_unbalanced(scan: &mut Scan<'_>) {
    let mut recovery = Recovery { scan, regions: Vec::new(), errors: Vec::new() };
    recovery.text();
    let Recovery { regions, errors, .. } = recovery;
    scan.errors.extend(errors);
    if regions.is_empty() {
        return;
    }
    let mut regions = regions.into_iter().peekable();
    let mut joined: Vec<Token> = Vec::with_capacity(scan.tokens.len());
    for (at, token) in scan.tokens.iter().enumerate() {
        while regions.next_if(|(_, end)| *end <= at).is_some() {}
        match (regions.peek(), joined.last_mut()) {
            (Some((start, _)), Some(last)) if *start < at => last.end = token.end,
            (Some((start, _)), _) if *start == at => {
                joined.push(Token { kind: Kind::Malformed, ..*token });
            }
            _ => joined.push(*token),
        }
    }
    scan.tokens = joined;
}

struct Recovery<'s, 'a> {
    scan: &'s Scan<'a>,
    /// The runs found so far, in order and apart from one another.
    regions: Vec<Region>,
    errors: Vec<Error>,
}

/// The balance of the parentheses among some tokens.
#[derive(Clone, Copy)]
struct Balance {
    /// The number of opening parentheses less that of closing ones.
    net: i64,
    /// The lowest value of this number behind any of the tokens.
    least: i64,
}

impl Recovery<'_, '_> {
    fn text(&mut self) {
        let len = self.scan.tokens.len();
        // The last form of the top level, and the last module or component, if only fields came
        // after it.
        let (mut form, mut around) = (None, None);
        let mut depth = 0_usize;
        for at in 0..len {
            match self.scan.token(at).kind {
                kind if kind.is_open() => {
                    if depth == 0 {
                        form = Some(at);
                        match self.scan.keyword(at) {
                            "module" | "component" => around = Some(at),
                            keyword if is_field(keyword) => {}
                            _ => around = None,
                        }
                    }
                    depth += 1;
                }
                Kind::Close if depth > 0 => depth -= 1,
                Kind::Close => {
                    let start = around.or(form).unwrap_or(at);
                    self.leave_with_extra(start, at);
                    (form, around) = (None, None);
                }
                _ => {}
            }
        }
        if let Some(start) = form.filter(|_| depth > 0) {
            self.forms_from(start);
        }
    }

    /// Leaves everything up to a parenthesis that closes nothing.
    fn leave_with_extra(&mut self, start: usize, close: usize) {
        while self.regions.pop_if(|(_, end)| *end > start).is_some() {}
        self.regions.push((start, close + 1));
        let kind = ErrorKind::UnexpectedToken(Expected::Token("("));
        self.errors.push(Error::new(kind, self.scan.token(close).span()));
    }

    /// Looks at the forms of the top level, beginning with the first that is not closed.
    fn forms_from(&mut self, start: usize) {
        let column = self.column(start);
        let is_field_list = is_field(self.scan.keyword(start));
        let mut from = start;
        for at in start + 1..=self.scan.tokens.len() {
            let is_end = at == self.scan.tokens.len();
            let begins_form = |keyword| {
                let mut directives = keywords::directives().chain(["component"]);
                directives.any(|it| it == keyword) || is_field_list && is_field(keyword)
            };
            if is_end || self.begins_line(at, column) && begins_form(self.scan.keyword(at)) {
                self.form(from, at);
                from = at;
            }
        }
    }

    /// Looks at a form of the top level whose end is only known by the next form.
    fn form(&mut self, start: usize, end: usize) {
        let Balance { net, least } = self.balance(start, end);
        if net == 0 && least >= 0 {
            return;
        }
        let known = self.regions.len();
        let is_module = matches!(self.scan.keyword(start), "module" | "component");
        if !is_module || !self.fields(start, end) {
            self.regions.truncate(known);
            self.leave((start, end));
        }
    }

    /// Looks at the fields of a module. Returns whether the module is closed.
    fn fields(&mut self, start: usize, end: usize) -> bool {
        let begins =
            |at: &usize| self.scan.token(*at).lines > 0 && is_field(self.scan.keyword(*at));
        let Some(first) = (start + 1..end).find(begins) else { return false };
        let column = self.column(first);
        if self.balance(start, first).net != 1 {
            return false;
        }
        let mut from = first;
        for at in first + 1..end {
            if self.begins_line(at, column) && is_field(self.scan.keyword(at)) {
                let Balance { net, least } = self.balance(from, at);
                if net != 0 || least < 0 {
                    self.leave((from, at));
                }
                from = at;
            }
        }
        // The last field, and the parenthesis that closes the module.
        let mut last = end;
        while last > from && self.scan.token(last - 1).kind.is_comment() {
            last -= 1;
        }
        let Some(close) = last.checked_sub(1) else { return false };
        if self.scan.token(close).kind != Kind::Close {
            return false;
        }
        let Balance { net, least } = self.balance(from, close);
        if net == 0 && least >= 0 {
            return true;
        }
        let token = self.scan.token(close);
        let is_of_module = token.lines > 0 && self.column(close) < column;
        if is_of_module {
            self.leave((from, close));
        }
        is_of_module
    }

    /// Leaves a form whose parentheses do not match as it is.
    fn leave(&mut self, (start, mut end): Region) {
        // Comments on their own lines belong to the next form.
        while end > start + 1
            && self.scan.token(end - 1).kind.is_comment()
            && self.scan.token(end - 1).lines > 0
        {
            end -= 1;
        }
        self.regions.push((start, end));
        let open = self.scan.token(start);
        let last = self.scan.token(end - 1);
        // A string or a comment that is not closed is already reported.
        let is_reported = (start..end).any(|at| self.scan.token(at).kind == Kind::Malformed);
        if !is_reported {
            let kind = ErrorKind::UnexpectedToken(Expected::Token(")"));
            let mut error = Error::new(kind, Span::at(last.end as usize));
            let keyword = self.scan.keyword(start);
            let len = 1 + keyword.len();
            let span = Span::new(open.start as usize, open.start as usize + len);
            error.help = Some(Help::CLOSE_MISSING);
            error.related = Some(Related { span, note: "this is not closed" });
            self.errors.push(error);
        }
    }

    fn balance(&self, start: usize, end: usize) -> Balance {
        let mut balance = Balance { net: 0, least: 0 };
        for at in start..end {
            match self.scan.token(at).kind {
                kind if kind.is_open() => balance.net += 1,
                Kind::Close => balance.net -= 1,
                _ => {}
            }
            balance.least = balance.least.min(balance.net);
        }
        balance
    }

    /// Whether a form opens at the beginning of a line, at most at this column.
    fn begins_line(&self, at: usize, column: usize) -> bool {
        let token = self.scan.token(at);
        token.kind == Kind::Open && token.lines > 0 && self.column(at) <= column
    }

    /// The number of characters before a token in its line, if they are blanks.
    fn column(&self, at: usize) -> usize {
        let before = self.scan.text.get(..self.scan.token(at).start as usize).unwrap_or_default();
        before.len() - before.trim_end_matches([' ', '\t']).len()
    }
}

/// Whether a field of a module or component may begin with a keyword.
fn is_field(keyword: &str) -> bool {
    keywords::fields().chain(keywords::component_fields()).any(|it| it == keyword)
}
