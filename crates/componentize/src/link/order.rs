//! The order in which libraries are instantiated and initialized: behind those that they depend on.
//!
//! Libraries may depend on one another in a circle. Then the libraries that a library lists as
//! needed count for more than those that it calls, since calls can go through the table. The
//! libraries whose tags a library imports must come before it in any case.

use alloc::vec::Vec;

/// Returns whether each node can be reached from the roots.
pub(super) fn reachable(edges: &[Vec<usize>], roots: Vec<usize>) -> Vec<bool> {
    let mut found: Vec<bool> = edges.iter().map(|_| false).collect();
    let mut todo = roots;
    while let Some(node) = todo.pop() {
        if let Some(is_found) = found.get_mut(node).filter(|is_found| !**is_found) {
            *is_found = true;
            todo.extend(edges.get(node).into_iter().flatten());
        }
    }
    found
}

/// A node that is being visited, and the number of its edges that were followed.
struct Visit {
    node: usize,
    followed: usize,
}

/// Divides the nodes of a graph into groups of nodes that can be reached from one another. The
/// groups that a node of a group leads to stand before it. Only the nodes that are `kept` are
/// visited.
///
/// The algorithm is that of Tarjan, with a stack of its own instead of recursion.
fn groups(edges: &[Vec<usize>], kept: &[bool]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    // The time at which each node was seen first, and the earliest such time in its group that is
    // known so far.
    let mut seen: Vec<usize> = edges.iter().map(|_| UNSEEN).collect();
    let mut low = seen.clone();
    let mut is_open: Vec<bool> = edges.iter().map(|_| false).collect();
    let (mut open, mut groups, mut time) = (Vec::new(), Vec::new(), 0);
    for root in 0..edges.len() {
        if !kept[root] || seen[root] != UNSEEN {
            continue;
        }
        let mut visits = Vec::from([Visit { node: root, followed: 0 }]);
        while let Some(visit) = visits.last_mut() {
            let node = visit.node;
            if visit.followed == 0 && seen[node] == UNSEEN {
                (seen[node], low[node]) = (time, time);
                time += 1;
                is_open[node] = true;
                open.push(node);
            }
            if let Some(&next) = edges[node].get(visit.followed) {
                visit.followed += 1;
                if !kept[next] {
                    continue;
                }
                match seen[next] {
                    UNSEEN => visits.push(Visit { node: next, followed: 0 }),
                    time if is_open[next] => low[node] = low[node].min(time),
                    _ => {}
                }
                continue;
            }
            visits.pop();
            if let Some(parent) = visits.last() {
                low[parent.node] = low[parent.node].min(low[node]);
            }
            if low[node] == seen[node] {
                let first = open.iter().rposition(|other| *other == node).unwrap_or_default();
                let group: Vec<usize> = open.drain(first..).collect();
                group.iter().for_each(|node| is_open[*node] = false);
                groups.push(group);
            }
        }
    }
    groups
}

/// Returns the number of the group of each node, if it is in one.
fn numbers(groups: &[Vec<usize>], nodes: usize) -> Vec<Option<usize>> {
    let mut group_of = Vec::from_iter((0..nodes).map(|_| None));
    for (number, group) in groups.iter().enumerate() {
        group.iter().for_each(|node| group_of[*node] = Some(number));
    }
    group_of
}

/// Splits groups further, by other edges, of which only those within a group count.
fn split(groups_before: Vec<Vec<usize>>, edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let group_of = numbers(&groups_before, edges.len());
    let kept: Vec<bool> = group_of.iter().map(Option::is_some).collect();
    let within = edges.iter().enumerate().map(|(node, to)| {
        to.iter().copied().filter(|next| group_of[*next] == group_of[node]).collect()
    });
    let mut groups = groups(&within.collect::<Vec<_>>(), &kept);
    groups.sort_by_key(|group| group.first().and_then(|node| group_of[*node]));
    groups
}

/// Orders the nodes that are `kept`: each behind those that its edges in the first list lead to; in
/// a circle of such edges, behind those that its edges in the next list lead to, and so on.
/// Otherwise the nodes are in the order of their numbers.
///
/// # Errors
/// A node in a circle of edges of the last list, and the next one.
pub(super) fn order(lists: &[&[Vec<usize>]], kept: &[bool]) -> Result<Vec<usize>, (usize, usize)> {
    let is_kept = |node: &usize| kept[*node];
    let mut groups = Vec::from([(0..kept.len()).filter(is_kept).collect::<Vec<_>>()]);
    for list in lists {
        groups = split(groups, list);
    }
    let group_of = numbers(&groups, kept.len());
    for (number, group) in groups.iter().enumerate() {
        for node in group {
            let mut next = lists.last().into_iter().flat_map(|list| &list[*node]);
            // A group of one node is a circle if the node leads to itself.
            if let Some(next) = next.find(|next| group_of[**next] == Some(number)) {
                return Err((*node, *next));
            }
        }
    }
    Ok(groups.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(edges: &[&[usize]]) -> Vec<Vec<usize>> {
        edges.iter().map(|to| to.to_vec()).collect()
    }

    fn ordered(before: &[&[usize]], must: &[&[usize]]) -> Result<Vec<usize>, (usize, usize)> {
        let kept: Vec<bool> = before.iter().map(|_| true).collect();
        order(&[&lists(before), &lists(must)], &kept)
    }

    #[test]
    fn what_a_node_leads_to_stands_before_it() {
        let none: &[&[usize]] = &[&[], &[], &[]];
        assert_eq!(ordered(&[&[1, 2], &[2], &[]], none), Ok([2, 1, 0].into()));
        assert_eq!(ordered(&[&[], &[], &[]], none), Ok([0, 1, 2].into()));
        assert_eq!(ordered(&[&[2], &[], &[]], none), Ok([2, 0, 1].into()));
    }

    #[test]
    fn a_circle_is_in_the_order_of_numbers_unless_edges_must_be_kept() {
        let circle: &[&[usize]] = &[&[1], &[2], &[0], &[0]];
        assert_eq!(ordered(circle, &[&[], &[], &[], &[]]), Ok([0, 1, 2, 3].into()));
        assert_eq!(ordered(circle, &[&[1], &[], &[], &[]]), Ok([1, 0, 2, 3].into()));
        assert_eq!(ordered(circle, &[&[1], &[2], &[], &[]]), Ok([2, 1, 0, 3].into()));
        let error = ordered(circle, &[&[1], &[2], &[0], &[]]).unwrap_err();
        assert!([(0, 1), (1, 2), (2, 0)].contains(&error));
        assert_eq!(ordered(&[&[0]], &[&[0]]), Err((0, 0)));
    }

    #[test]
    fn only_what_is_kept_is_ordered() {
        let before = [[1].to_vec(), [2].to_vec(), Vec::new()];
        let kept = reachable(&before, [1].into());
        assert_eq!(kept, [false, true, true]);
        let must = [Vec::new(), Vec::new(), Vec::new()];
        assert_eq!(order(&[&before, &must], &kept), Ok([2, 1].into()));
    }

    #[test]
    fn a_long_chain_takes_no_stack() {
        let before: Vec<Vec<usize>> = (1..=100_000).map(|next| [next % 100_000].into()).collect();
        let must: Vec<Vec<usize>> = before.iter().map(|_| Vec::new()).collect();
        let kept: Vec<bool> = before.iter().map(|_| true).collect();
        assert!(order(&[&before, &must], &kept).unwrap().into_iter().eq(0..100_000));
    }
}
