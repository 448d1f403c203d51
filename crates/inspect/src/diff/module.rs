//! The items of two modules, pair by pair.

use wattle_ast::{CustomData, ExternKind, Func, ItemKind, Module, Quoted, ValType};

use super::code::{hashes_of, hunks, rows};
use super::half::Half;
use super::ids::{Known, hash_of, key_of};
use super::pairs::{MatchedBy, Pairs};
use super::{Change, Diff, Hunk, Item, Line, LineSide, Options};

/// Gives the items of a pair one number, and each other item one of its own.
fn number(pairs: &Pairs) -> [Vec<u32>; 2] {
    const ONLY_OLD: u32 = 1 << 31;
    const ONLY_NEW: u32 = 3 << 30;
    let old = pairs.of_old.iter().enumerate().map(|(at, pair)| match pair {
        Some(_) => at as u32,
        None => ONLY_OLD | at as u32,
    });
    let new = pairs.of_new.iter().enumerate().map(|(at, pair)| match pair {
        Some(old) => *old as u32,
        None => ONLY_NEW | at as u32,
    });
    [old.collect(), new.collect()]
}

/// Two modules while they are compared.
struct Comparison<'d, 'm> {
    diff: &'d mut Diff,
    unit: &'d str,
    old: Half<'m>,
    new: Half<'m>,
    options: Options,
}

/// Adds the differences between two modules.
pub(super) fn compare(
    diff: &mut Diff,
    unit: &str,
    old: &Module<'_>,
    new: &Module<'_>,
    options: Options,
) {
    let (old, new) = (Half::new(old), Half::new(new));
    let mut both = Comparison { diff, unit, old, new, options };
    let spaces = both.pair_spaces();
    let datas = both.pair_datas();
    let elems = both.pair_elems();
    both.types();
    both.imports();
    both.funcs(&spaces[ExternKind::Func as usize]);
    for &kind in ExternKind::ALL.iter().filter(|kind| **kind != ExternKind::Func) {
        both.defined(kind, &spaces[kind as usize]);
    }
    both.exports();
    both.start();
    both.elems(&elems);
    both.datas(&datas);
    both.customs();
}

impl Comparison<'_, '_> {
    /// Pairs the items of all index spaces, and numbers them by pairs.
    fn pair_spaces(&mut self) -> [Pairs; ExternKind::COUNT] {
        let mut all: [Pairs; ExternKind::COUNT] = Default::default();
        let (old, new) = (&self.old, &self.new);
        for &kind in ExternKind::ALL {
            let mut pairs = Pairs::of_known(&old.known[kind as usize], &new.known[kind as usize]);
            if kind == ExternKind::Func {
                pairs.rest_by_similarity(|at| old.instrs(at), |at| new.instrs(at));
                let ty = |half: &Half<'_>, at| Some(half.ids.of_type(half.func(at)?.ty));
                pairs.rest_behind_pairs(|at, other| {
                    ty(old, at).is_some() && ty(old, at) == ty(new, other)
                });
            } else {
                let is_defined = |half: &Half<'_>, at| half.defined(kind, at).is_some();
                pairs.rest_in_order(|at, other| is_defined(old, at) && is_defined(new, other));
            }
            all[kind as usize] = pairs;
        }
        for &kind in ExternKind::ALL {
            let [old, new] = number(&all[kind as usize]);
            self.old.ids.spaces[kind as usize] = old;
            self.new.ids.spaces[kind as usize] = new;
        }
        all
    }

    fn pair_datas(&mut self) -> Pairs {
        let pairs = self.pair_segments(ItemKind::Data, |half| {
            half.module.datas.iter().map(|data| hash_of(&data.bytes)).collect()
        });
        [self.old.ids.datas, self.new.ids.datas] = number(&pairs);
        pairs
    }

    fn pair_elems(&mut self) -> Pairs {
        let pairs = self.pair_segments(ItemKind::Elem, |half| {
            let elems = half.module.elems.iter();
            elems.map(|elem| hash_of(hashes_of(&half.elements(elem)))).collect()
        });
        [self.old.ids.elems, self.new.ids.elems] = number(&pairs);
        pairs
    }

    /// Pairs segments by their names, by the hashes of their contents, and in order.
    fn pair_segments(&self, kind: ItemKind, contents: impl Fn(&Half<'_>) -> Vec<u64>) -> Pairs {
        let known = |half: &Half<'_>| {
            let contents = contents(half).into_iter().enumerate();
            let known = contents.map(|(at, content)| Known { key: half.name(kind, at), content });
            known.collect::<Vec<_>>()
        };
        let mut pairs = Pairs::of_known(&known(&self.old), &known(&self.new));
        pairs.rest_in_order(|_, _| true);
        pairs
    }

    /// Adds a pair of items, if they differ.
    fn pair(&mut self, kind: &'static str, by: MatchedBy, items: [Item; 2], differ: Differ) {
        let [old, new] = items;
        let is_renamed = old.name.as_deref().map(key_of) != new.name.as_deref().map(key_of);
        if !differ.is_changed && !is_renamed {
            return self.diff.add_same(kind);
        }
        let change = Change {
            old: Some(old),
            new: Some(new),
            by: Some(by),
            is_changed: differ.is_changed,
            is_complete: differ.hunks.is_some(),
            hunks: differ.hunks.unwrap_or_default(),
            ..Change::of(self.unit, kind)
        };
        self.diff.add(kind, change);
    }

    /// Adds an item that only one of the files has.
    fn only(&mut self, kind: &'static str, side: LineSide, item: Item) {
        let mut change = Change { is_changed: true, ..Change::of(self.unit, kind) };
        match side {
            LineSide::Old => change.old = Some(item),
            LineSide::New | LineSide::Both => change.new = Some(item),
        }
        self.diff.add(kind, change);
    }

    /// Adds the items that only the new file has.
    fn only_new(
        &mut self,
        kind: &'static str,
        pairs: &Pairs,
        item: impl Fn(&Half<'_>, usize) -> Option<Item>,
    ) {
        for (at, _) in pairs.of_new.iter().enumerate().filter(|(_, pair)| pair.is_none()) {
            if let Some(new) = item(&self.new, at) {
                self.only(kind, LineSide::New, new);
            }
        }
    }

    fn types(&mut self) {
        let known = |half: &Half<'_>| {
            let known = half.ids.types.iter().map(|id| Known { key: None, content: (*id).into() });
            known.collect::<Vec<_>>()
        };
        let pairs = Pairs::of_known(&known(&self.old), &known(&self.new));
        let (left_old, left_new) = pairs.left();
        for _ in left_old.len()..pairs.of_old.len() {
            self.diff.add_same(ItemKind::Type.keyword());
        }
        for (side, left) in [(LineSide::Old, left_old), (LineSide::New, left_new)] {
            for at in left {
                let half = if side == LineSide::Old { &self.old } else { &self.new };
                let ty = half.module.types.get((at as u32).into());
                let text = ty.map(|ty| half.lister.type_text(ty)).unwrap_or_default();
                let item = half.item(ItemKind::Type, at, None, text);
                self.only(ItemKind::Type.keyword(), side, item);
            }
        }
    }

    /// Compares lists whose items are known by their names alone.
    fn by_name(
        &mut self,
        kind: ItemKind,
        old: Vec<(String, u64, Item)>,
        new: Vec<(String, u64, Item)>,
    ) {
        let known = |list: &[(String, u64, Item)]| {
            let known = list.iter().map(|(name, content, _)| Known {
                key: Some(name.clone()),
                content: hash_of((name, content)),
            });
            known.collect::<Vec<_>>()
        };
        let pairs = Pairs::of_known(&known(&old), &known(&new));
        for (at, (_, content, item)) in old.iter().enumerate() {
            let other = pairs.of_old.get(at).copied().flatten();
            match other.and_then(|(other, by)| Some((new.get(other)?, by))) {
                Some(((_, other_content, other), by)) => {
                    let differ = Differ::if_so(content != other_content);
                    self.pair(kind.keyword(), by, [item.clone(), other.clone()], differ);
                }
                None => self.only(kind.keyword(), LineSide::Old, item.clone()),
            }
        }
        for (at, (_, _, item)) in new.into_iter().enumerate() {
            if pairs.of_new.get(at).copied().flatten().is_none() {
                self.only(kind.keyword(), LineSide::New, item);
            }
        }
    }

    fn imports(&mut self) {
        let list = |half: &Half<'_>| {
            let imports = (0..).zip(&half.module.imports).map(|(index, import)| {
                let name = format!("{} {}", Quoted(&import.module), Quoted(&import.name));
                let content = hash_of(half.ids.extern_type(&import.ty));
                let text = half.extern_text(&import.ty);
                let item = Item { index, name: Some(name.clone()), size: None, text };
                (format!("{name} {}", import.ty.kind().keyword()), content, item)
            });
            imports.collect::<Vec<_>>()
        };
        self.by_name(ItemKind::Import, list(&self.old), list(&self.new));
    }

    fn exports(&mut self) {
        let list = |half: &Half<'_>| {
            let exports = (0..).zip(&half.module.exports).map(|(index, export)| {
                let name = Quoted(&export.name).to_string();
                let content = hash_of(half.ids.of_extern(export.index));
                let text = half.target(export.index);
                (name.clone(), content, Item { index, name: Some(name), size: None, text })
            });
            exports.collect::<Vec<_>>()
        };
        self.by_name(ItemKind::Export, list(&self.old), list(&self.new));
    }

    fn customs(&mut self) {
        let list = |half: &Half<'_>| {
            let customs = (0..).zip(&half.module.customs).filter_map(|(index, custom)| {
                // Names are compared with the items that they name.
                let CustomData::Bytes(bytes) = &custom.data else { return None };
                let name = Quoted(&custom.name).to_string();
                let (size, text) = (Some(bytes.len()), String::new());
                Some((name.clone(), hash_of(bytes), Item { index, name: Some(name), size, text }))
            });
            customs.collect::<Vec<_>>()
        };
        self.by_name(ItemKind::Custom, list(&self.old), list(&self.new));
    }

    fn start(&mut self) {
        let id = |half: &Half<'_>| half.module.start.map(|func| half.ids.of_func(func));
        let kind = ItemKind::Start.keyword();
        let item = |half: &Half<'_>| {
            let text = half.module.start.map(|func| half.target(func.into()))?;
            Some(Item { text, ..Item::default() })
        };
        let is_changed = id(&self.old) != id(&self.new);
        match (item(&self.old), item(&self.new)) {
            (Some(old), Some(new)) => {
                self.pair(kind, MatchedBy::Name, [old, new], Differ::if_so(is_changed));
            }
            (Some(old), None) => self.only(kind, LineSide::Old, old),
            (None, Some(new)) => self.only(kind, LineSide::New, new),
            (None, None) => {}
        }
    }

    fn funcs(&mut self, pairs: &Pairs) {
        let kind = ItemKind::Func.keyword();
        let item = |half: &Half<'_>, at: usize| {
            let func = half.func(at)?;
            let size = Some(func.body.bytes().len());
            Some(half.item(ItemKind::Func, at, size, half.func_text(func)))
        };
        for (at, pair) in pairs.of_old.iter().enumerate() {
            let pair = pair.and_then(|(other, by)| Some((other, self.new.func(other)?, by)));
            // Imports are compared as imports.
            let Some(func) = self.old.func(at) else { continue };
            let Some((other, new, by)) = pair else {
                if let Some(item) = item(&self.old, at) {
                    self.only(kind, LineSide::Old, item);
                }
                continue;
            };
            let names = [self.old.name(ItemKind::Func, at), self.new.name(ItemKind::Func, other)];
            let [hash, new_hash] =
                [self.old.ids.func(func.ty, &func.body), self.new.ids.func(new.ty, &new.body)];
            if hash == new_hash && names[0] == names[1] {
                self.diff.add_same(kind);
                continue;
            }
            let hunks = match hash == new_hash {
                true => Some(Vec::new()),
                false => {
                    let rows = |half: &Half<'_>, func: &Func<'_>| {
                        let expr = func.body.expr();
                        rows(&half.lister, func.body.code(), &half.ids.expr(&expr))
                    };
                    hunks(&rows(&self.old, func), &rows(&self.new, new), self.options)
                }
            };
            let differ = Differ { is_changed: hash != new_hash, hunks };
            if let (Some(old), Some(new)) = (item(&self.old, at), item(&self.new, other)) {
                self.pair(kind, by, [old, new], differ);
            }
        }
        for (at, pair) in pairs.of_new.iter().enumerate() {
            let is_paired = pair.is_some_and(|old| self.old.func(old).is_some());
            if let (false, Some(item)) = (is_paired, item(&self.new, at)) {
                self.only(kind, LineSide::New, item);
            }
        }
    }

    /// Compares the items of an index space that the modules define, other than functions.
    fn defined(&mut self, space: ExternKind, pairs: &Pairs) {
        let (kind, word) = (space.item_kind(), space.keyword());
        for (at, pair) in pairs.of_old.iter().enumerate() {
            let Some((text, hash)) = self.old.defined(space, at) else { continue };
            let old = self.old.item(kind, at, None, text);
            let new = pair.and_then(|(at, by)| Some((at, self.new.defined(space, at)?, by)));
            match new {
                Some((at, (text, new_hash), by)) => {
                    let new = self.new.item(kind, at, None, text);
                    self.pair(word, by, [old, new], Differ::if_so(hash != new_hash));
                }
                None => self.only(word, LineSide::Old, old),
            }
        }
        for (at, pair) in pairs.of_new.iter().enumerate() {
            let is_paired = pair.is_some_and(|old| self.old.defined(space, old).is_some());
            if let (false, Some((text, _))) = (is_paired, self.new.defined(space, at)) {
                let item = self.new.item(kind, at, None, text);
                self.only(word, LineSide::New, item);
            }
        }
    }

    fn elems(&mut self, pairs: &Pairs) {
        let word = ItemKind::Elem.keyword();
        let item = |half: &Half<'_>, at: usize| {
            let elem = half.module.elems.get((at as u32).into())?;
            let (place, hash) = half.elem_place(elem);
            let ty = half.ids.val_type(ValType::Ref(elem.ty));
            let text = format!("{place}, {} elements", elem.items.len());
            let item = half.item(ItemKind::Elem, at, Some(elem.items.bytes().len()), text);
            Some((item, hash_of((hash, ty)), half.elements(elem)))
        };
        for (at, pair) in pairs.of_old.iter().enumerate() {
            let Some((old, hash, rows)) = item(&self.old, at) else { continue };
            match pair.and_then(|(at, by)| Some((item(&self.new, at)?, by))) {
                Some(((new, new_hash, new_rows), by)) => {
                    let is_equal = hashes_of(&rows) == hashes_of(&new_rows);
                    let hunks = match is_equal {
                        true => Some(Vec::new()),
                        false => hunks(&rows, &new_rows, self.options),
                    };
                    let differ = Differ { is_changed: hash != new_hash || !is_equal, hunks };
                    self.pair(word, by, [old, new], differ);
                }
                None => self.only(word, LineSide::Old, old),
            }
        }
        self.only_new(word, pairs, |half, at| Some(item(half, at)?.0));
    }

    fn datas(&mut self, pairs: &Pairs) {
        let word = ItemKind::Data.keyword();
        let item = |half: &Half<'_>, at: usize| {
            let data = half.module.datas.get((at as u32).into())?;
            let (place, hash) = half.data_place(data);
            Some((half.item(ItemKind::Data, at, Some(data.bytes.len()), place), hash))
        };
        for (at, pair) in pairs.of_old.iter().enumerate() {
            let Some((old, hash)) = item(&self.old, at) else { continue };
            let other = pair.and_then(|(other, by)| Some((item(&self.new, other)?, other, by)));
            let Some(((new, new_hash), other, by)) = other else {
                self.only(word, LineSide::Old, old);
                continue;
            };
            let bytes = |half: &Half<'_>, at: usize| {
                half.module.datas.get((at as u32).into()).map(|data| data.bytes.to_vec())
            };
            let [before, after] =
                [bytes(&self.old, at), bytes(&self.new, other)].map(Option::unwrap_or_default);
            let is_changed = before != after || hash != new_hash;
            let hunks = if self.options.hunks { first_bytes(&before, &after) } else { Vec::new() };
            self.pair(word, by, [old, new], Differ { is_changed, hunks: Some(hunks) });
        }
        self.only_new(word, pairs, |half, at| Some(item(half, at)?.0));
    }
}

/// The difference between two items, apart from their names.
struct Differ {
    is_changed: bool,
    /// The runs of lines that differ; `None` if the items are too large to compare line by line.
    hunks: Option<Vec<Hunk>>,
}

impl Differ {
    fn if_so(is_changed: bool) -> Differ {
        Differ { is_changed, hunks: Some(Vec::new()) }
    }
}

/// Returns a hunk of the first bytes that differ, sixteen of each side.
fn first_bytes(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    const ROW: usize = 16;
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    if same == old.len().max(new.len()) {
        return Vec::new();
    }
    let start = same - same % ROW;
    let row = |side, bytes: &[u8]| {
        let bytes = bytes.get(start..).unwrap_or_default();
        let text: Vec<_> = bytes.iter().take(ROW).map(|byte| format!("{byte:02x}")).collect();
        Line { side, depth: 0, text: text.join(" ") }
    };
    let lines = vec![row(LineSide::Old, old), row(LineSide::New, new)];
    vec![Hunk { old: start, new: start, lines }]
}
