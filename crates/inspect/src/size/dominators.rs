//! The tree of dominators: for each piece, the nearest other piece that every way from the root to
//! it goes through. If that one went away, so would the piece.
//!
//! The algorithm is that of Lengauer and Tarjan with path compression, without recursion, in time
//! *n* log *n*.
//!
//! Paper: <https://doi.org/10.1145/357062.357071>

use super::Sizes;
use super::graph::Graph;

/// The bytes that each piece keeps.
#[derive(Clone, Debug)]
pub struct Retained {
    /// The dominator of each piece; `None` for the root and for pieces that nothing keeps.
    pub dominators: Vec<Option<u32>>,
    /// The number of bytes of each piece and of all that would go away with it.
    pub sizes: Vec<usize>,
}

/// A number that no piece has.
const NONE: u32 = u32::MAX;

/// The pieces, numbered in the order of a depth-first search. All lists but the first are by that
/// number.
#[derive(Default)]
struct Search {
    /// The number of each piece in the order of the search.
    number: Vec<u32>,
    piece: Vec<u32>,
    parent: Vec<u32>,
    semi: Vec<u32>,
    /// The ancestor in the forest, which paths are compressed to.
    ancestor: Vec<u32>,
    label: Vec<u32>,
}

impl Search {
    fn new(graph: &Graph) -> Search {
        let mut search = Search { number: vec![NONE; graph.len()], ..Search::default() };
        // Each entry is a piece, and the number of its references that were followed.
        let mut open: Vec<(u32, usize)> = Vec::new();
        if graph.len() > 0 {
            search.enter(0, NONE);
            open.push((0, 0));
        }
        while let Some((piece, followed)) = open.last_mut() {
            let Some(&target) = graph.of(*piece).get(*followed) else {
                open.pop();
                continue;
            };
            *followed += 1;
            if search.number[target as usize] == NONE {
                let parent = search.number[*piece as usize];
                search.enter(target, parent);
                open.push((target, 0));
            }
        }
        search
    }

    fn enter(&mut self, piece: u32, parent: u32) {
        let number = self.piece.len() as u32;
        self.number[piece as usize] = number;
        self.piece.push(piece);
        self.parent.push(parent);
        self.semi.push(number);
        self.ancestor.push(NONE);
        self.label.push(number);
    }

    /// Returns the number with the least semidominator on the way up to the root of its tree in the
    /// forest.
    fn eval(&mut self, of: u32, way: &mut Vec<u32>) -> u32 {
        if self.ancestor[of as usize] == NONE {
            return self.label[of as usize];
        }
        // From the top down, all numbers on the way but the last two get the ancestor of the one
        // above, and its label if that has a lower semidominator.
        let mut at = of;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            way.push(at);
            at = self.ancestor[at as usize];
        }
        while let Some(at) = way.pop() {
            let above = self.ancestor[at as usize] as usize;
            let (own, best) = (self.label[at as usize], self.label[above]);
            if self.semi[best as usize] < self.semi[own as usize] {
                self.label[at as usize] = best;
            }
            self.ancestor[at as usize] = self.ancestor[above];
        }
        self.label[of as usize]
    }
}

/// Returns the dominator of each piece, and the pieces in the order of the search.
fn dominators(graph: &Graph) -> (Vec<Option<u32>>, Vec<u32>) {
    let mut search = Search::new(graph);
    let into = graph.reversed();
    let count = search.piece.len();
    let mut dominator = vec![NONE; count];
    // The pieces of each semidominator, as a list of links.
    let (mut first, mut rest) = (vec![NONE; count], vec![NONE; count]);
    let mut way = Vec::new();
    for at in (1..count as u32).rev() {
        for &from in into.of(search.piece[at as usize]) {
            let from = search.number[from as usize];
            if from != NONE {
                let best = search.eval(from, &mut way);
                let semi = search.semi[best as usize];
                search.semi[at as usize] = search.semi[at as usize].min(semi);
            }
        }
        let semi = search.semi[at as usize] as usize;
        (rest[at as usize], first[semi]) = (first[semi], at);
        let parent = search.parent[at as usize];
        search.ancestor[at as usize] = parent;
        let mut next = std::mem::replace(&mut first[parent as usize], NONE);
        while next != NONE {
            let best = search.eval(next, &mut way);
            let is_lower = search.semi[best as usize] < search.semi[next as usize];
            dominator[next as usize] = if is_lower { best } else { parent };
            next = rest[next as usize];
        }
    }
    for at in 1..count {
        if dominator[at] != search.semi[at] {
            dominator[at] = dominator[dominator[at] as usize];
        }
    }
    let mut found = vec![None; graph.len()];
    for at in 1..count {
        found[search.piece[at] as usize] = Some(search.piece[dominator[at] as usize]);
    }
    (found, search.piece)
}

impl Sizes<'_> {
    /// Computes the bytes that each piece keeps: those that would go away with it.
    ///
    /// ```
    /// use wattle_ast::{Features, ItemKind};
    /// use wattle_inspect::size::{PieceKind, Sizes};
    ///
    /// let module = r#"(module (func $f) (func (export "g") call $f))"#;
    /// let wasm = wattle_encoder::encode(&wattle_wat::parse(module).unwrap());
    /// let sizes = Sizes::of(&wasm, Features::ALL);
    /// let func = |index| sizes.pieces.iter().position(|piece| {
    ///     piece.kind == PieceKind::Item(ItemKind::Func) && piece.index == index
    /// });
    /// let retained = sizes.retained();
    /// assert_eq!(retained.dominators[func(0).unwrap()], func(1).map(|it| it as u32));
    /// ```
    pub fn retained(&self) -> Retained {
        let (dominators, order) = dominators(&self.graph);
        let mut sizes: Vec<_> = self.pieces.iter().map(|piece| piece.size).collect();
        // A dominator comes before the pieces that it dominates.
        for &piece in order.iter().rev() {
            if let Some(dominator) = dominators[piece as usize] {
                sizes[dominator as usize] += sizes[piece as usize];
            }
        }
        Retained { dominators, sizes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the dominators of each piece by definition: the pieces without which it cannot be
    /// reached.
    fn by_definition(graph: &Graph) -> Vec<Vec<u32>> {
        let reach = |without: u32| {
            let mut seen = vec![false; graph.len()];
            let mut open = vec![0];
            while let Some(at) = open.pop() {
                if at != without && !std::mem::replace(&mut seen[at as usize], true) {
                    open.extend(graph.of(at));
                }
            }
            seen
        };
        let all = reach(NONE);
        let mut found = vec![Vec::new(); graph.len()];
        for piece in 0..graph.len() as u32 {
            let left = reach(piece);
            for at in 0..graph.len() {
                if all[at] && !left[at] && at as u32 != piece {
                    found[at].push(piece);
                }
            }
        }
        found
    }

    #[test]
    fn dominators_are_those_of_the_definition() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below) as u32
        };
        for round in 0..300 {
            let pieces = 1 + u64::from(next(14));
            let edges = next(3 * pieces + 1);
            let edges: Vec<_> = (0..edges).map(|_| (next(pieces), next(pieces))).collect();
            let graph = Graph::new(pieces as usize, &edges);
            let (found, _) = dominators(&graph);
            for (piece, all) in by_definition(&graph).into_iter().enumerate() {
                let mut chain = Vec::new();
                let mut at = found[piece];
                while let Some(dominator) = at {
                    chain.push(dominator);
                    at = found[dominator as usize];
                }
                chain.sort_unstable();
                assert_eq!(chain, all, "round {round}, piece {piece}, {edges:?}");
            }
        }
    }

    #[test]
    fn a_long_chain_takes_no_stack() {
        let edges: Vec<_> = (0..1_000_000).map(|at| (at, at + 1)).collect();
        let (found, _) = dominators(&Graph::new(1_000_001, &edges));
        assert_eq!(found[1_000_000], Some(999_999));
    }
}
