//! Writes the tokens, and decides before each whether a line ends.
//!
//! A form that fits is written on one line. Any other form is opened, and the tokens in it are
//! placed by its layout. Open forms are a list, so nesting takes no stack.

use alloc::string::String;
use alloc::vec::Vec;

use super::layout::{Layout, Role};
use super::measure::Form;
use super::scan::{Kind, Scan, Token};

/// The deepest level that is indented, so that deep nesting does not make the text quadratic.
const MAX_LEVEL: usize = 50;

/// The blanks of one level.
const INDENT: &str = "  ";

/// Writes the text in lines of at most `width` characters, where that is possible.
pub(super) fn write(scan: &Scan<'_>, forms: &[Form], width: usize) -> String {
    let mut writer = Writer {
        scan,
        forms,
        opened: 0,
        width,
        out: String::with_capacity(scan.text.len() + scan.text.len() / 4),
        column: 0,
        level: 0,
        frames: Vec::new(),
        root: Frame::new(Layout::Items, 0, 0),
        next: Next::Placed,
        is_after_open: false,
    };
    let mut at = 0;
    while at < scan.tokens.len() {
        at = writer.token(at);
    }
    // A line break behind an unclosed comment would be a part of it, so each run would add another.
    let is_unclosed =
        |last: &Token| last.kind == Kind::Malformed && last.end as usize == scan.text.len();
    if !writer.out.is_empty() && !scan.tokens.last().is_some_and(is_unclosed) {
        writer.out.push('\n');
    }
    writer.out
}

/// A form that is open, and broken over lines.
struct Frame {
    layout: Layout,
    /// The level of the line that it opens on.
    outer: usize,
    /// The level of the items in it.
    inner: usize,
    /// The number of open blocks in it that are not folded.
    blocks: usize,
    /// The number of parentheses that close behind its own on the same line.
    trail: usize,
    /// Whether the only form in it stays on its line.
    hugs: bool,
    /// Whether it is the folded `if`, whose condition may stay on its line.
    is_if: bool,
    /// Whether an item in it has a line of its own.
    has_body: bool,
    /// Whether a line began in it, so that the next may have a blank line before it.
    has_lines: bool,
    /// Whether a form stands before the next token.
    is_after_form: bool,
    /// Whether the next token may belong to an instruction that is not folded.
    is_in_instr: bool,
    /// Whether a declaration of locals stands before the next token.
    has_locals: bool,
}

impl Frame {
    fn new(layout: Layout, outer: usize, inner: usize) -> Frame {
        Frame {
            layout,
            outer,
            inner,
            blocks: 0,
            trail: 0,
            hugs: false,
            is_if: false,
            has_body: false,
            has_lines: false,
            is_after_form: false,
            is_in_instr: false,
            has_locals: false,
        }
    }

    /// The level of an item.
    fn item_level(&self) -> usize {
        self.inner + self.blocks
    }

    /// The level of a token or form that belongs to the item before it.
    fn continued_level(&self) -> usize {
        self.item_level() + usize::from(self.is_in_instr)
    }
}

/// The blank or line break before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A blank.
    Blank,
    /// A blank if the token fits on the line, or else the end of the line.
    BlankIfFits,
    /// The end of the line.
    Line,
}

/// The place that the last token determines for the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The last token determines nothing.
    Placed,
    /// The next token begins a line.
    Line,
    /// The next token stands behind a comment that begins the line.
    Blank,
}

struct Writer<'s, 'a> {
    scan: &'s Scan<'a>,
    forms: &'s [Form],
    /// The number of forms whose opening tokens were read.
    opened: usize,
    width: usize,
    out: String,
    /// The number of characters in the last line.
    column: usize,
    /// The level of the last line.
    level: usize,
    /// The open forms.
    frames: Vec<Frame>,
    /// The top level.
    root: Frame,
    next: Next,
    /// Whether the last token opened a form.
    is_after_open: bool,
}

impl<'a> Writer<'_, 'a> {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.root)
    }

    /// Writes the token at a position, or the form that opens there if it fits. Returns the
    /// position behind.
    fn token(&mut self, at: usize) -> usize {
        let token = self.scan.token(at);
        match token.kind {
            Kind::Open | Kind::Annotation => return self.form(at),
            Kind::Close => self.close(token),
            Kind::LineComment | Kind::BlockComment => self.comment(at),
            Kind::Malformed => {
                let level = self.frame().item_level();
                self.begin(token, Place::Line, level);
                self.raw(self.scan.slice(token));
                self.end_item();
                self.next = Next::Line;
            }
            _ => self.atom(at),
        }
        at + 1
    }

    /// Writes a word, a number or a string.
    fn atom(&mut self, at: usize) {
        let token = self.scan.token(at);
        let is_head = self.is_after_open;
        let frame = self.frame();
        let mut level = frame.continued_level();
        let mut place = Place::BlankIfFits;
        let is_instr = token.kind.is_instr() && frame.layout.has_code() && !is_head;
        if is_instr {
            if matches!(token.kind, Kind::BlockPart | Kind::BlockClose) {
                frame.blocks = frame.blocks.saturating_sub(1);
            }
            (place, level) = (Place::Line, frame.item_level());
            frame.is_in_instr = true;
            frame.has_body = true;
        } else if frame.layout.keeps_lines() && token.lines > 0 && !is_head {
            (place, level) = (Place::Line, frame.inner);
        } else if frame.is_after_form && !frame.layout.has_code() {
            let stays = matches!(frame.layout, Layout::Fill | Layout::List | Layout::Strings);
            place = if stays { place } else { Place::Line };
        }
        let slice = self.scan.slice(token);
        let place = self.fitted(place, self.scan.width(slice), at);
        self.begin(token, place, level);
        self.put(slice);
        let frame = self.frame();
        frame.is_after_form = false;
        if is_instr && matches!(token.kind, Kind::BlockOpen | Kind::BlockPart) {
            frame.blocks += 1;
        }
    }

    /// Writes the form that opens at a position if it fits on a line, or else begins it.
    fn form(&mut self, at: usize) -> usize {
        let token = self.scan.token(at);
        let Some(&form) = self.forms.get(self.opened) else { return at + 1 };
        let width = if form.width == Form::BROKEN { None } else { Some(form.width as usize) };
        let close = form.close as usize;
        let (place, level) = match token.kind {
            Kind::Annotation => self.place_annotation(token),
            _ => self.place_form(token, form, width.is_some()),
        };
        // A form that does not fit even on a line of its own opens on this one.
        let on_own_line = INDENT.len() * level.min(MAX_LEVEL) + self.trail(close);
        let may_fit = width.filter(|width| on_own_line + width <= self.width);
        let place = self.fitted(place, may_fit.unwrap_or(0), close);
        self.begin(token, place, level);
        if form.layout == Layout::Untouched {
            self.raw(self.scan.text_of(token, self.scan.token(close)));
            self.skip_forms(close);
            self.end_item();
            return close + 1;
        }
        let trail = self.trail(close);
        if width.is_some_and(|width| self.column + width + trail <= self.width) {
            self.flat(at, close);
            self.skip_forms(close);
            self.end_item();
            return close + 1;
        }
        self.put(self.scan.slice(token));
        self.opened += 1;
        let mut frame = Frame::new(form.layout, self.level, self.level + 1);
        frame.trail = trail;
        frame.is_if = form.layout == Layout::Block && self.scan.keyword(at) == "if";
        if form.layout == Layout::Plain && self.hugs(at, close) {
            frame.hugs = true;
        }
        self.frames.push(frame);
        self.is_after_open = token.kind == Kind::Open;
        at + 1
    }

    /// The place of a form, and the level if it begins a line.
    fn place_form(&mut self, token: Token, form: Form, may_fit: bool) -> (Place, usize) {
        let frame = self.frame();
        let is_first = !frame.has_body && !frame.is_after_form;
        let has_line = token.lines > 0;
        let (item, continued) = (frame.item_level(), frame.continued_level());
        match frame.layout {
            Layout::Items | Layout::Fields | Layout::Assertion => {
                frame.has_body = true;
                (Place::Line, item)
            }
            Layout::Func | Layout::Block if form.role == Role::Statement => {
                let is_condition = frame.is_if && !frame.has_body && !has_line && may_fit;
                let is_part = form.layout == Layout::Block;
                frame.is_in_instr = false;
                if is_condition && !is_part {
                    return (Place::BlankIfFits, item);
                }
                frame.has_body = true;
                (Place::Line, item)
            }
            Layout::Func | Layout::Block if form.role == Role::Local => {
                frame.has_body = true;
                let begins = !frame.has_locals || has_line;
                frame.has_locals = true;
                (if begins { Place::Line } else { Place::BlankIfFits }, item)
            }
            Layout::Func if has_line && !frame.is_in_instr => (Place::Line, item),
            Layout::List | Layout::Strings if has_line => (Place::Line, item),
            Layout::Instr if form.role == Role::Other && !frame.has_body => {
                (Place::BlankIfFits, item)
            }
            Layout::Instr => {
                frame.has_body = true;
                (Place::Line, item)
            }
            Layout::Plain if frame.hugs && is_first => (Place::Blank, item),
            Layout::Plain => (Place::Line, item),
            _ => (Place::BlankIfFits, continued),
        }
    }

    /// The place of an annotation, and the level if it begins a line.
    fn place_annotation(&mut self, token: Token) -> (Place, usize) {
        let frame = self.frame();
        let begins = token.lines > 0 || frame.layout == Layout::Items;
        if begins {
            frame.has_body = true;
            frame.is_in_instr = false;
        }
        (if begins { Place::Line } else { Place::Blank }, frame.item_level())
    }

    /// Writes a comment. A comment behind other tokens of its line stays there.
    fn comment(&mut self, at: usize) {
        let token = self.scan.token(at);
        let is_line = token.kind == Kind::LineComment;
        let begins_line = token.lines > 0 && !self.out.is_empty();
        let begins = begins_line || self.out.is_empty() || self.next == Next::Blank;
        let must_end = !begins_line && self.next == Next::Line;
        if begins_line {
            let frame = self.frame();
            frame.has_body = true;
            let level = frame.item_level();
            self.next = Next::Placed;
            self.begin(token, Place::Line, level);
        } else if self.out.is_empty() {
            self.frame().has_lines = true;
        } else if is_line || !self.is_after_open {
            self.put(" ");
        }
        self.is_after_open = false;
        match is_line {
            true => self.put(self.scan.slice(token).trim_end_matches([' ', '\t'])),
            false => self.lines(self.scan.slice(token)),
        }
        let goes_on = self.scan.token(at + 1).lines == 0;
        self.next = match (is_line, begins) {
            _ if must_end => Next::Line,
            (true, _) => Next::Line,
            (false, true) if goes_on => Next::Blank,
            (false, true) => Next::Line,
            (false, false) => Next::Placed,
        };
    }

    /// Writes a closing parenthesis.
    fn close(&mut self, token: Token) {
        let Some(frame) = self.frames.pop() else { return };
        let own_line = frame.layout.closes_on_own_line() && frame.has_body;
        if own_line || self.next == Next::Line {
            self.next = Next::Placed;
            self.line(frame.outer);
        }
        self.next = Next::Placed;
        self.is_after_open = false;
        self.put(self.scan.slice(token));
        self.end_item();
    }

    /// Notes that a form has ended.
    fn end_item(&mut self) {
        self.is_after_open = false;
        let frame = self.frame();
        frame.is_after_form = true;
        frame.has_lines = true;
    }

    /// Replaces `BlankIfFits` by `Blank` if a token or form of this width that ends at `last` fits
    /// on the line, and by `Line` if not.
    fn fitted(&mut self, place: Place, width: usize, last: usize) -> Place {
        if place != Place::BlankIfFits {
            return place;
        }
        let fits = self.column + 1 + width + self.trail(last) <= self.width;
        if fits { Place::Blank } else { Place::Line }
    }

    /// The number of parentheses that close behind a token on its line.
    fn trail(&mut self, last: usize) -> usize {
        let closes = self.scan.token(last + 1).kind == Kind::Close;
        let frame = self.frame();
        if closes && !frame.layout.closes_on_own_line() { frame.trail + 1 } else { 0 }
    }

    /// Whether the only form in a form is its last token, behind words.
    fn hugs(&self, open: usize, close: usize) -> bool {
        let Some(next) = self.forms.get(self.opened) else { return false };
        let mut at = open + 1;
        while self.scan.token(at).kind == Kind::Atom || self.scan.token(at).kind.is_instr() {
            at += 1;
        }
        self.scan.token(at).kind == Kind::Open && next.close as usize + 1 == close
    }

    /// Skips the forms that open before a position.
    fn skip_forms(&mut self, end: usize) {
        // The forms in a form end before it does.
        self.opened += 1;
        while self.forms.get(self.opened).is_some_and(|form| (form.close as usize) < end) {
            self.opened += 1;
        }
    }

    /// Writes the blank or the line break before a token.
    fn begin(&mut self, token: Token, place: Place, level: usize) {
        let next = core::mem::replace(&mut self.next, Next::Placed);
        let is_after_open = core::mem::replace(&mut self.is_after_open, false);
        if self.out.is_empty() {
            return;
        }
        let place = match next {
            Next::Line => Place::Line,
            Next::Blank => Place::Blank,
            Next::Placed if is_after_open => return,
            Next::Placed => place,
        };
        if place != Place::Line {
            return self.put(" ");
        }
        let frame = self.frame();
        frame.has_body |= frame.layout.keeps_lines() || frame.is_if;
        let has_lines = core::mem::replace(&mut frame.has_lines, true);
        if token.lines >= Token::BLANK && has_lines {
            self.out.push('\n');
        }
        self.line(level);
    }

    /// Ends the line and indents the next.
    fn line(&mut self, level: usize) {
        self.out.push('\n');
        let indented = level.min(MAX_LEVEL);
        (0..indented).for_each(|_| self.out.push_str(INDENT));
        self.column = indented * INDENT.len();
        self.level = level;
    }

    /// Writes a form on the line.
    fn flat(&mut self, open: usize, close: usize) {
        let mut is_after_open = true;
        for at in open..=close {
            let token = self.scan.token(at);
            if !is_after_open && token.kind != Kind::Close {
                self.put(" ");
            }
            self.put(self.scan.slice(token));
            is_after_open = token.kind == Kind::Open;
        }
    }

    /// Writes a part of a line.
    fn put(&mut self, slice: &str) {
        self.out.push_str(slice);
        self.column += self.scan.width(slice);
    }

    /// Writes a comment that may have several lines, without the blanks at their ends.
    fn lines(&mut self, slice: &'a str) {
        for (nth, line) in slice.lines().enumerate() {
            if nth > 0 {
                self.out.push('\n');
                self.column = 0;
            }
            self.put(line.trim_end_matches([' ', '\t']));
        }
    }

    /// Writes a part of the text as it is.
    fn raw(&mut self, slice: &'a str) {
        self.out.push_str(slice);
        let line = slice.rfind('\n').map_or(slice, |end| slice.get(end + 1..).unwrap_or_default());
        self.column = if line.len() < slice.len() { 0 } else { self.column };
        self.column += self.scan.width(line);
    }
}
