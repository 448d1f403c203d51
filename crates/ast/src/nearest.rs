//! Finds the known word that is nearest to a misspelt one, for error messages.

/// The greatest length in bytes of words that are compared.
const LONGEST: usize = 64;

/// Returns the candidate that needs the fewest changes to become `word`, if these are few for its
/// length; the first if there are several such candidates. Takes 1 from `budget` for each
/// candidate, and stops when the budget is used up.
///
/// ```
/// let known = ["count", "amount"];
/// assert_eq!(wattle_ast::nearest("cuont", known, &mut 100), Some("count"));
/// assert_eq!(wattle_ast::nearest("total", known, &mut 100), None);
/// ```
pub fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    budget: &mut usize,
) -> Option<&'c str> {
    let mut most = match word.len() {
        0..=1 => return None,
        2..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let mut found = None;
    for candidate in candidates {
        *budget = budget.checked_sub(1)?;
        if candidate == word {
            continue;
        }
        if let Some(distance) = distance(word.as_bytes(), candidate.as_bytes(), most) {
            found = Some(candidate);
            if distance <= 1 {
                break;
            }
            most = distance - 1;
        }
    }
    found
}

/// The number of changes that turn one word into the other; `None` if it is more than `most`. A
/// change inserts, deletes or replaces a byte, or exchanges it with its neighbour.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most || a.len().max(b.len()) > LONGEST {
        return None;
    }
    // The last two rows of the table of distances between prefixes of the words.
    let mut before = [0; LONGEST + 1];
    let mut last: [usize; LONGEST + 1] = core::array::from_fn(|at| at);
    for (i, &x) in a.iter().enumerate() {
        let mut row = [0; LONGEST + 1];
        row[0] = i + 1;
        let mut least = row[0];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && y == a[i - 1] {
                cost = cost.min(before[j - 1] + 1);
            }
            row[j + 1] = cost;
            least = least.min(cost);
        }
        if least > most {
            return None;
        }
        (before, last) = (last, row);
    }
    Some(last[b.len()]).filter(|distance| *distance <= most)
}
