//! The number of modules that tests make.

/// `SMITH_COUNT` if that is set; `full` in a release build or if `SMITH_FULL` is set; else a
/// fiftieth of `full`.
pub(crate) fn count(full: u64) -> u64 {
    let all = std::env::var_os("SMITH_FULL").is_some() || !cfg!(debug_assertions);
    let asked = std::env::var("SMITH_COUNT").ok().and_then(|count| count.parse().ok());
    asked.unwrap_or(if all { full } else { full / 50 })
}
