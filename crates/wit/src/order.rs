//! Topological order: each node of a graph stands behind those that it depends on.

use alloc::collections::{BTreeSet, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;

/// Sorts the nodes of a graph so that each stands behind those that it depends on. Where that
/// leaves a choice, the lowest number comes first. `edges` has for each node the nodes that it
/// depends on.
///
/// # Errors
/// A node that depends on itself, and the place in its edges of the first step back to it.
pub(crate) fn order(edges: &[Vec<usize>]) -> Result<Vec<usize>, (usize, usize)> {
    let mut missing: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut users: Vec<Vec<usize>> = Vec::new();
    users.resize_with(edges.len(), Vec::new);
    for (from, to) in
        edges.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |to| (from, *to)))
    {
        users[to].push(from);
    }
    let ready = missing.iter().enumerate().filter(|(_, missing)| **missing == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = ready.map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for &user in &users[at] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    if order.len() == edges.len() {
        return Ok(order);
    }
    // The nodes that are left depend on a cycle. Going from one to the next ends in it.
    let step = |at: usize| edges[at].iter().position(|to| missing[*to] > 0).unwrap_or(0);
    let first = missing.iter().position(|missing| *missing > 0).unwrap_or(0);
    let mut at = first;
    let mut seen = BTreeSet::new();
    while seen.insert(at) {
        at = edges[at][step(at)];
    }
    // The cycle is reported at its lowest number.
    let mut all = BTreeSet::new();
    while all.insert(at) {
        at = edges[at][step(at)];
    }
    let at = all.first().copied().unwrap_or(first);
    Err((at, step(at)))
}
