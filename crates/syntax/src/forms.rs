//! Forms: which closing token belongs to which opening one. The tokens are numbers here, so that
//! any pair of delimiters may enclose a form; how deep they nest is data.

use alloc::vec::Vec;

/// Forms of more tokens than these have their ends noted.
const LONG: u32 = 32;

/// The ends of forms, found while tokens are added in order. Only long forms are remembered: the
/// end of a short one is found as quickly by counting delimiters.
///
/// ```
/// use wattle_syntax::Forms;
///
/// let mut forms = Forms::default();
/// forms.open(0);
/// forms.open(20);
/// forms.close(21);
/// forms.close(39);
/// forms.finish(40);
/// assert_eq!(forms.end(0), Some(40));
/// assert_eq!(forms.end(20), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// The opening tokens of the forms that are not closed yet.
    open: Vec<u32>,
    /// Where long forms begin, and the token behind their end.
    long: Vec<(u32, u32)>,
}

impl Forms {
    /// How many tokens of a form must be looked at before [`end`](Forms::end) knows it.
    pub const LONG: usize = LONG as usize;

    /// Token number `pos` opens a form.
    #[inline(always)]
    pub fn open(&mut self, pos: u32) {
        self.open.push(pos);
    }

    /// Token number `pos` closes the innermost form, if one is open.
    #[inline(always)]
    pub fn close(&mut self, pos: u32) {
        if let Some(start) = self.open.pop()
            && pos - start >= LONG
        {
            self.long.push((start, pos + 1));
        }
    }

    /// There are `len` tokens: what is still open ends there.
    pub fn finish(&mut self, len: u32) {
        let open = core::mem::take(&mut self.open);
        self.long.extend(open.into_iter().map(|start| (start, len)));
        self.long.sort_unstable();
    }

    /// The token behind the form that token number `start` opens, when that is a long form or one
    /// that nothing closes.
    pub fn end(&self, start: usize) -> Option<usize> {
        let at = self.long.binary_search_by_key(&start, |(start, _)| *start as usize).ok()?;
        self.long.get(at).map(|(_, end)| *end as usize)
    }
}
