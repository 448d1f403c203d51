//! References between pieces, and the pieces that can be reached over them.

use super::{PieceKind, Sizes};

/// References between pieces. The preamble of the file, which is the first piece, is the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// The start of the references of each piece in `targets`, and the end of those of the last
    /// piece.
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Graph {
    /// Makes a graph of `pieces` pieces and these references, each from one piece to another. Equal
    /// references are kept once.
    pub(super) fn new(pieces: usize, references: &[(u32, u32)]) -> Graph {
        let mut starts = vec![0_u32; pieces + 1];
        for &(from, _) in references {
            starts[from as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut targets = vec![0; references.len()];
        for &(from, to) in references {
            let place = &mut next[from as usize];
            targets[*place as usize] = to;
            *place += 1;
        }
        let mut kept = 0;
        let mut start = 0;
        for end in starts.iter_mut().skip(1) {
            let own = start..*end as usize;
            start = own.end;
            targets[own.clone()].sort_unstable();
            let mut last = None;
            for at in own {
                let target = targets[at];
                if last.replace(target) != Some(target) {
                    targets[kept] = target;
                    kept += 1;
                }
            }
            *end = kept as u32;
        }
        targets.truncate(kept);
        Graph { starts, targets }
    }

    /// Returns the number of pieces.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns the pieces that a piece refers to.
    pub(super) fn of(&self, piece: u32) -> &[u32] {
        let place = piece as usize;
        match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(&start), Some(&end)) => {
                self.targets.get(start as usize..end as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Returns the graph with every reference turned round.
    pub(super) fn reversed(&self) -> Graph {
        let mut references = Vec::with_capacity(self.targets.len());
        for piece in 0..self.len() as u32 {
            references.extend(self.of(piece).iter().map(|&target| (target, piece)));
        }
        Graph::new(self.len(), &references)
    }

    /// Returns, for each piece that can be reached, the one before it on a shortest path from the
    /// root. The root is before itself.
    fn nearest(&self) -> Vec<Option<u32>> {
        let mut before = vec![None; self.len()];
        let Some(root) = before.first_mut() else { return before };
        *root = Some(0);
        let mut queue = vec![0];
        let mut next = 0;
        while let Some(&piece) = queue.get(next) {
            next += 1;
            for &target in self.of(piece) {
                let place = &mut before[target as usize];
                if place.is_none() {
                    *place = Some(piece);
                    queue.push(target);
                }
            }
        }
        before
    }
}

/// Returns the length of the way from the root to each piece, from the piece before each on it.
/// Pieces that cannot be reached are the farthest.
fn distances(before: &[Option<u32>]) -> Vec<u32> {
    let mut distances = vec![u32::MAX; before.len()];
    let mut way = Vec::new();
    for piece in 0..before.len() as u32 {
        let mut at = piece;
        let known = loop {
            match (distances[at as usize], before[at as usize]) {
                (u32::MAX, Some(next)) if next != at => {
                    way.push(at);
                    at = next;
                }
                (u32::MAX, Some(_)) => {
                    distances[at as usize] = 0;
                    break 0;
                }
                (known, _) => break known,
            }
        };
        for (steps, at) in (1..).zip(way.drain(..).rev()) {
            distances[at as usize] = known.saturating_add(steps);
        }
    }
    distances
}

impl Sizes<'_> {
    /// Returns the pieces that a piece refers to, by number.
    pub fn references(&self, piece: u32) -> &[u32] {
        self.graph.of(piece)
    }

    /// Returns the pieces that cannot be reached from an export, the start function or another
    /// piece that counts by itself, by number, the largest first.
    ///
    /// The pieces that count by themselves are exports, the start function, custom sections and
    /// segments that change imported memories and tables, and in components also imports and
    /// instances. A name belongs to the item that it names.
    pub fn garbage(&self) -> Vec<u32> {
        let reached = self.graph.nearest();
        let mut garbage: Vec<_> =
            (0..).zip(&reached).filter(|(_, it)| it.is_none()).map(|(n, _)| n).collect();
        garbage.sort_by_key(|&piece: &u32| std::cmp::Reverse(self.pieces[piece as usize].size));
        garbage
    }

    /// Computes the shortest ways to all pieces.
    pub fn ways(&self) -> Ways {
        let before = self.graph.nearest();
        let distances = distances(&before);
        Ways { before, distances, reversed: self.graph.reversed() }
    }

    /// Returns whether a piece is more than a header or a name of another one.
    pub fn is_item(&self, piece: u32) -> bool {
        self.pieces.get(piece as usize).is_some_and(|piece| {
            !matches!(piece.kind, PieceKind::Name(_) | PieceKind::Header | PieceKind::Preamble)
        })
    }
}

/// The shortest ways from the root to the pieces of a file.
#[derive(Clone, Debug)]
pub struct Ways {
    /// The piece before each on its way.
    before: Vec<Option<u32>>,
    distances: Vec<u32>,
    reversed: Graph,
}

impl Ways {
    /// Returns the shortest ways to a piece: for each piece that refers to it, the shortest way
    /// there from the root, the shortest first, at most `most` of them. Each begins with the piece
    /// that refers to it and ends before the root. A referring piece that nothing keeps ends its
    /// way.
    pub fn to(&self, piece: u32, most: usize) -> Vec<Vec<u32>> {
        let mut ways = Vec::new();
        let referrers = self.reversed.of(piece).iter().copied();
        let mut referrers: Vec<u32> = referrers.filter(|&it| it != piece).collect();
        referrers.sort_by_key(|&from| self.distances[from as usize]);
        for from in referrers.into_iter().take(most) {
            let mut way = Vec::new();
            let mut at = from;
            // The root is before itself, and each step is nearer to it.
            while at != 0 {
                way.push(at);
                match self.before[at as usize] {
                    Some(next) => at = next,
                    None => break,
                }
            }
            ways.push(way);
        }
        ways
    }
}
