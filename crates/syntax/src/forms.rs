//! Forms: finds the closing token for each opening token. Tokens are numbers here, so that any pair
//! of delimiters can enclose a form. Nesting takes memory, not recursion.

use alloc::vec::Vec;

/// The least number of tokens of a long form, whose end is recorded.
const LONG: u32 = 32;

/// The ends of forms, found while tokens are added in order. Only the ends of long forms are
/// recorded: the end of a short form is found as quickly by counting delimiters.
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
    /// The opening tokens of forms that are still open.
    open: Vec<u32>,
    /// For each long form, its opening token and the token after its end.
    long: Vec<(u32, u32)>,
}

impl Forms {
    /// The least number of tokens of a form whose end [`end`](Forms::end) finds. Find the ends of
    /// shorter forms by a search.
    pub const LONG: usize = LONG as usize;

    /// Opens a form with token number `pos`.
    #[inline(always)]
    pub fn open(&mut self, pos: u32) {
        self.open.push(pos);
    }

    /// Closes the innermost form, if one is open, with token number `pos`.
    #[inline(always)]
    pub fn close(&mut self, pos: u32) {
        if let Some(start) = self.open.pop()
            && pos - start >= LONG
        {
            self.long.push((start, pos + 1));
        }
    }

    /// Ends all open forms after the last of `len` tokens.
    pub fn finish(&mut self, len: u32) {
        let open = core::mem::take(&mut self.open);
        self.long.extend(open.into_iter().map(|start| (start, len)));
        self.long.sort_unstable();
    }

    /// Returns the token after the form that token number `start` opens, if the form is long or was
    /// not closed.
    pub fn end(&self, start: usize) -> Option<usize> {
        let at = self.long.binary_search_by_key(&start, |(start, _)| *start as usize).ok()?;
        self.long.get(at).map(|(_, end)| *end as usize)
    }
}
