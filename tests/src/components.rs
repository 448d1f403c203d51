//! The components that scripts have as bytes.

use crate::forms::{Form, Node};

/// A component that a script has as bytes.
#[derive(Debug)]
pub struct Binary {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the script expects them to be malformed.
    pub is_malformed: bool,
}

/// The components that a script has as bytes.
pub fn binaries(forms: &[Form]) -> Vec<Binary> {
    let mut found = Vec::new();
    let mut rest: Vec<(&Form, bool)> = forms.iter().rev().map(|form| (form, false)).collect();
    while let Some((form, is_malformed)) = rest.pop() {
        let is_malformed = is_malformed || form.head() == "assert_malformed";
        let is_binary = form.list().iter().any(|form| form.word() == "binary");
        if form.head() == "component" && is_binary {
            let strings: Vec<_> = form.list().iter().filter_map(Form::string).collect();
            found.push(Binary { bytes: strings.concat(), is_malformed });
        } else if let Node::List(list) = &form.node {
            rest.extend(list.iter().rev().map(|form| (form, is_malformed)));
        }
    }
    found
}
