//! A cell that is filled once: one that threads may share when there is a standard library.

#[cfg(not(feature = "std"))]
pub(crate) type Lazy<T> = core::cell::OnceCell<T>;
#[cfg(feature = "std")]
pub(crate) type Lazy<T> = std::sync::OnceLock<T>;
