//! The order of semantic versions.
//!
//! Spec: <https://semver.org/#spec-item-11>

use core::cmp::Ordering;

/// Compares two semantic versions. Build metadata does not count.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text| -> (&str, Option<&str>) {
        let front = str::split_once(text, '+').map_or(text, |(front, _)| front);
        front.split_once('-').map_or((front, None), |(core, pre)| (core, Some(pre)))
    };
    let ((core_a, pre_a), (core_b, pre_b)) = (parts(a), parts(b));
    core_a.split('.').map(Part).cmp(core_b.split('.').map(Part)).then_with(|| {
        match (pre_a, pre_b) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.split('.').map(Part).cmp(b.split('.').map(Part)),
        }
    })
}

/// A number or an identifier; numbers come first.
#[derive(PartialEq, Eq)]
struct Part<'a>(&'a str);

impl Ord for Part<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match (is_number(self.0), is_number(other.0)) {
            // Without zeros in front, the longer number is the greater one.
            (true, true) => (self.0.len(), self.0).cmp(&(other.0.len(), other.0)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.0.cmp(other.0),
        }
    }
}

impl PartialOrd for Part<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
