//! The listings of `wattle size`: rows with a size, its share of the file, and the item of that
//! size.

use std::io::{self, Write};

use serde::Serialize;
use wattle::ast::{Quoted, Shown};
use wattle::inspect::size::{Difference, PieceKind, Sizes};

use crate::commands::entries;
use crate::names::NameStyle;

/// The deepest level that is indented, so that a deep tree is not wider than it is long.
const MAX_LEVEL: usize = 40;

/// The maximum number of steps of a way that are shown.
const MAX_STEPS: usize = 40;

/// The number of rows, and the style of names.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The number of rows to show; 0 stands for all.
    pub(super) rows: usize,
    pub(super) names: NameStyle,
}

impl Style {
    fn most(self) -> usize {
        if self.rows == 0 { usize::MAX } else { self.rows }
    }
}

/// A listing.
#[derive(Serialize)]
pub(super) struct Listing {
    /// The size of the file; in a comparison, of the new one.
    size: usize,
    /// The size of the old file.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_size: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sections: Vec<Row>,
    /// The title of the rows.
    #[serde(skip)]
    title: String,
    rows: Vec<Row>,
    /// The number of rows that are not shown.
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A row.
#[derive(Serialize, Default)]
struct Row {
    /// The number of bytes.
    size: usize,
    /// The number of bytes that would go away with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    retained: Option<usize>,
    /// The number of bytes of all instances of a generic function but the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    savings: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_size: Option<usize>,
    /// The level of the row in a tree.
    #[serde(skip_serializing_if = "is_zero")]
    level: usize,
    /// The path of the module or component that it is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The offset of its first byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    /// The columns before the words.
    #[serde(skip)]
    columns: String,
    /// The row in words.
    #[serde(skip)]
    text: String,
}

/// Returns the columns with a number of bytes and its share of the total.
fn share(size: usize, total: usize) -> String {
    let percent = 100.0 * size as f64 / total.max(1) as f64;
    format!("{size:>10} {percent:>5.1}%")
}

/// Makes the row of a piece, with its place, its kind and its name in words.
fn label(sizes: &Sizes<'_>, piece: u32, names: NameStyle) -> Row {
    let piece = &sizes.pieces[piece as usize];
    let unit = sizes.units[piece.unit as usize].path.clone();
    let name = piece.name.as_deref().map(|name| names.of(name).into_owned());
    let kind = match piece.kind {
        PieceKind::Item(kind) => kind.keyword(),
        PieceKind::Preamble => "preamble",
        PieceKind::Malformed => "malformed",
        PieceKind::Group => "group",
        PieceKind::Header | PieceKind::Name(_) | PieceKind::Definition(_) => {
            sizes.sections[piece.section as usize].kind
        }
    };
    let is_custom = piece.kind == PieceKind::Item(wattle::ast::ItemKind::Custom);
    let index = (!is_custom && piece.kind != PieceKind::Preamble).then_some(piece.index);
    let place = if unit.is_empty() { String::new() } else { format!("{unit}: ") };
    let text = match (&name, piece.kind) {
        (Some(name), _) if is_custom => format!("{place}custom section {}", Quoted(name)),
        (Some(name), kind) => format!("{place}{kind} {} {}", piece.index, Shown(name)),
        (None, PieceKind::Preamble) => format!("{place}{}", piece.kind),
        (None, kind) => format!("{place}{kind} {}", piece.index),
    };
    let (size, start) = (piece.size, Some(piece.start));
    Row { size, unit, kind, index, name, start, text, ..Row::default() }
}

impl Listing {
    fn new(sizes: &Sizes<'_>, title: String) -> Listing {
        Listing {
            size: sizes.total(),
            old_size: None,
            sections: Vec::new(),
            title,
            rows: Vec::new(),
            more: 0,
        }
    }

    /// Adds rows for pieces, as far as they are shown.
    fn pieces(mut self, sizes: &Sizes<'_>, pieces: &[u32], style: Style) -> Listing {
        let shown = pieces.iter().take(style.most());
        self.rows = shown
            .map(|&piece| {
                let row = label(sizes, piece, style.names);
                Row { columns: share(row.size, self.size), ..row }
            })
            .collect();
        self.more = pieces.len() - self.rows.len();
        self
    }

    /// Lists the sections, and the largest items.
    pub(super) fn items(sizes: &Sizes<'_>, style: Style) -> Listing {
        let mut items: Vec<u32> =
            (0..sizes.pieces.len() as u32).filter(|&piece| sizes.is_item(piece)).collect();
        items.sort_by_key(|&piece| std::cmp::Reverse(sizes.pieces[piece as usize].size));
        let title = format!("the largest of {} items", items.len());
        let mut listing = Listing::new(sizes, title).pieces(sizes, &items, style);
        listing.sections = sizes
            .sections
            .iter()
            .map(|section| {
                let unit = sizes.units[section.unit as usize].path.clone();
                let name = section.name.as_deref().map(str::to_owned);
                let quoted =
                    name.as_ref().map_or(String::new(), |name| format!(" {}", Quoted(name)));
                let count = section.count.map_or(String::new(), |it| format!(", {}", entries(it)));
                let place = if unit.is_empty() { String::new() } else { format!("{unit}: ") };
                Row {
                    size: section.size,
                    unit,
                    kind: section.kind,
                    name,
                    start: Some(section.start),
                    count: section.count,
                    columns: share(section.size, listing.size),
                    text: format!("{place}{}{quoted}{count}", section.kind),
                    ..Row::default()
                }
            })
            .collect();
        listing
    }

    /// Lists the items that are unused.
    pub(super) fn garbage(sizes: &Sizes<'_>, style: Style) -> Listing {
        let garbage = sizes.garbage();
        let bytes: usize = garbage.iter().map(|&piece| sizes.pieces[piece as usize].size).sum();
        let items: Vec<_> = garbage.into_iter().filter(|&it| sizes.is_item(it)).collect();
        let title = match items.len() {
            0 => "nothing is unused".to_owned(),
            1 => format!("1 item is unused, {bytes} bytes with its name"),
            count => format!("{count} items are unused, {bytes} bytes with their names"),
        };
        Listing::new(sizes, title).pieces(sizes, &items, style)
    }

    /// Adds the rows of a tree, given the size of each node and its children, the largest first. Of
    /// the largest nodes, those are shown whose parents are shown too.
    fn tree(
        &mut self,
        sizes: &[usize],
        children: &dyn Fn(u32) -> Vec<u32>,
        row: &dyn Fn(u32) -> Row,
        most: usize,
    ) {
        let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
        order.sort_by_key(|&node| std::cmp::Reverse(sizes[node as usize]));
        let mut is_shown = vec![false; sizes.len()];
        // The root has no row.
        order.iter().take(most.saturating_add(1)).for_each(|&node| is_shown[node as usize] = true);
        let mut open = vec![(0_u32, 0_usize)];
        while let Some((node, level)) = open.pop() {
            if level > 0 {
                let row = row(node);
                let columns = match row.retained {
                    Some(retained) => format!("{} {:>10}", share(retained, self.size), row.size),
                    None => share(row.size, self.size),
                };
                self.rows.push(Row { level: level - 1, columns, ..row });
            }
            let mut below = children(node);
            below.retain(|&node| is_shown[node as usize]);
            open.extend(below.into_iter().rev().map(|node| (node, level + 1)));
        }
    }

    /// Lists the sizes by crate, module and function.
    pub(super) fn by_path(sizes: &Sizes<'_>, style: Style) -> Listing {
        let tree = sizes.by_path();
        let node_sizes: Vec<_> = tree.nodes.iter().map(|node| node.size).collect();
        let mut listing = Listing::new(sizes, "by path".to_owned());
        let children = |node: u32| tree.nodes[node as usize].children.clone();
        let row = |node: u32| {
            let node = &tree.nodes[node as usize];
            let text = Shown(&node.name).to_string();
            Row { size: node.size, name: Some(node.name.clone()), text, ..Row::default() }
        };
        listing.tree(&node_sizes, &children, &row, style.most());
        listing.more = tree.nodes.len() - 1 - listing.rows.len();
        listing
    }

    /// Lists the bytes that would go away with each item.
    pub(super) fn dominators(sizes: &Sizes<'_>, style: Style) -> Listing {
        let retained = sizes.retained();
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); sizes.pieces.len()];
        let mut of_items = retained.sizes.clone();
        let mut items = 0;
        for (piece, dominator) in (0_u32..).zip(&retained.dominators) {
            match dominator {
                Some(dominator) if sizes.is_item(piece) || has_inside(sizes, piece) => {
                    below[*dominator as usize].push(piece);
                    items += 1;
                }
                None if piece == 0 => {}
                _ => of_items[piece as usize] = 0,
            }
        }
        for children in &mut below {
            children.sort_by_key(|&it| std::cmp::Reverse(retained.sizes[it as usize]));
        }
        let mut listing = Listing::new(sizes, "retained size, own size".to_owned());
        let children = |piece: u32| below[piece as usize].clone();
        let row = |piece: u32| {
            let retained = Some(retained.sizes[piece as usize]);
            Row { retained, ..label(sizes, piece, style.names) }
        };
        listing.tree(&of_items, &children, &row, style.most());
        listing.more = items - listing.rows.len();
        listing
    }

    /// Lists the ways to pieces.
    pub(super) fn paths(sizes: &Sizes<'_>, style: Style, pieces: &[u32]) -> Listing {
        let title = match pieces.len() {
            1 => "1 item has this name; below it are what uses it, and the ways there".to_owned(),
            count => format!(
                "{count} items have this name; below each are what uses it, and the ways there"
            ),
        };
        let mut listing = Listing::new(sizes, title);
        let words = style.names;
        let ways = sizes.ways();
        let most = style.most().min(pieces.len());
        for &piece in pieces.iter().take(most) {
            let row = label(sizes, piece, words);
            listing.rows.push(Row { columns: share(row.size, listing.size), ..row });
            for way in ways.to(piece, style.most()) {
                for (level, &step) in (1..).zip(way.iter().take(MAX_STEPS)) {
                    let row = label(sizes, step, words);
                    listing.rows.push(Row { level, columns: share(row.size, listing.size), ..row });
                }
                if way.len() > MAX_STEPS {
                    let text = format!("and {} steps more", way.len() - MAX_STEPS);
                    let columns = " ".repeat(share(0, 1).len());
                    listing.rows.push(Row {
                        level: MAX_STEPS + 1,
                        columns,
                        text,
                        ..Row::default()
                    });
                }
            }
        }
        listing.more = pieces.len() - most;
        listing
    }

    /// Lists generic functions with several instances.
    pub(super) fn generics(sizes: &Sizes<'_>, style: Style) -> Listing {
        let generics = sizes.generics();
        let savings: usize = generics.iter().map(|generic| generic.savings(sizes)).sum();
        let title = format!(
            "{} functions with several instances; all instances but the largest, and all: {savings} \
             bytes could be saved",
            generics.len()
        );
        let mut listing = Listing::new(sizes, title);
        for generic in generics.iter().take(style.most()) {
            let savings = generic.savings(sizes);
            let count = generic.instances.len();
            listing.rows.push(Row {
                size: generic.size,
                savings: Some(savings),
                count: Some(count as u32),
                name: Some(generic.name.clone()),
                columns: format!("{} {:>10}", share(savings, listing.size), generic.size),
                text: format!("{count} of {}", Shown(&generic.name)),
                ..Row::default()
            });
        }
        listing.more = generics.len() - listing.rows.len();
        listing
    }

    /// Lists the differences in size between two files.
    pub(super) fn differences(
        sides: &[Sizes<'_>; 2],
        differences: &[Difference],
        style: Style,
    ) -> Listing {
        let [old, new] = sides.each_ref().map(Sizes::total);
        let title = format!("{old} bytes before, {new} now: {:+}", new as i128 - old as i128);
        let mut listing = Listing::new(&sides[1], title);
        listing.old_size = Some(old);
        for it in differences.iter().take(style.most()) {
            let size = |side: Option<usize>| side.map_or("-".to_owned(), |size| size.to_string());
            let place = if it.unit.is_empty() { String::new() } else { format!("{}: ", it.unit) };
            listing.rows.push(Row {
                size: it.new.unwrap_or_default(),
                old_size: Some(it.old.unwrap_or_default()),
                unit: it.unit.clone(),
                name: Some(it.what.clone()),
                columns: format!("{:>+10} {:>10} {:>10}", it.growth(), size(it.old), size(it.new)),
                text: format!("{place}{}", Shown(&it.what)),
                ..Row::default()
            });
        }
        listing.more = differences.len() - listing.rows.len();
        listing
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.sections.is_empty() {
            writeln!(out, "sections ({}, {} bytes in all)", self.sections.len(), self.size)?;
            self.sections.iter().try_for_each(|row| row.write(out))?;
            writeln!(out)?;
        }
        writeln!(out, "{}", self.title)?;
        self.rows.iter().try_for_each(|row| row.write(out))?;
        match self.more {
            0 => Ok(()),
            more => writeln!(out, "  and {more} more; -n 0 shows all"),
        }
    }
}

impl Row {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let indent = 2 * self.level.min(MAX_LEVEL);
        writeln!(out, "{}  {:indent$}{}", self.columns, "", self.text)
    }
}

/// Whether a piece is the preamble of a module or component in another one.
fn has_inside(sizes: &Sizes<'_>, piece: u32) -> bool {
    piece != 0 && sizes.pieces[piece as usize].kind == PieceKind::Preamble
}
