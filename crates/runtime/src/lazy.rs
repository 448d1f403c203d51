//! A cell that is filled once. With the standard library, threads can share it.

#[cfg(not(feature = "std"))]
pub(crate) type Lazy<T> = core::cell::OnceCell<T>;
#[cfg(feature = "std")]
pub(crate) type Lazy<T> = std::sync::OnceLock<T>;
