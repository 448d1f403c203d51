//! The page that `wattle size --html` writes: a map of the sizes, in one file.

use std::io::{self, Write};

use wattle::ast::Shown;
use wattle::inspect::size::Sizes;

/// The page, with a mark where the sizes belong.
const PAGE: &str = include_str!("page.html");
const TITLE: &str = "{{TITLE}}";
const NODES: &str = "{{NODES}}";

/// Writes the page.
pub(super) fn write(out: &mut dyn Write, name: &str, sizes: &Sizes<'_>) -> io::Result<()> {
    let tree = sizes.by_path();
    let mut parents = vec![0_u32; tree.nodes.len()];
    for (number, node) in (0..).zip(&tree.nodes) {
        node.children.iter().for_each(|&child| parents[child as usize] = number);
    }
    // A node is written as its name, its size, and the number of the node that it is in.
    let nodes: Vec<_> = tree
        .nodes
        .iter()
        .zip(&parents)
        .map(|(node, parent)| (Shown(&node.name).to_string(), node.size, *parent))
        .collect();
    // In a script, a `<` could begin the tag that ends it.
    let nodes = serde_json::to_string(&nodes)?.replace('<', "\\u003c");
    let title: String = Shown(name).to_string().replace('&', "&amp;").replace('<', "&lt;");
    let mut rest = PAGE;
    while let Some(at) = rest.find("{{") {
        let (before, mark) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let (text, len) = match mark.starts_with(TITLE) {
            true => (&title, TITLE.len()),
            false => (&nodes, NODES.len()),
        };
        out.write_all(text.as_bytes())?;
        rest = mark.get(len..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())
}
