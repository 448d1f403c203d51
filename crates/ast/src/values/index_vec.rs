//! Lists that are indexed by the index type of their space.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut, Index, IndexMut};

use crate::SpaceIdx;

/// A list whose elements are found by an index of type `I`. A number, or an index of another space,
/// does not find an element.
///
/// In all other respects it is a slice: it has an order, a length and iterators.
///
/// Types, element segments and data segments are found by their indices. Functions, tables,
/// memories, globals and tags have imports before them in their index spaces, which are not in the
/// lists of a module. These lists have a [`DefIdx`](crate::DefIdx) instead.
///
/// ```
/// use wattle_ast::{FuncType, IndexVec, SubType, TypeIdx};
///
/// let mut types: IndexVec<TypeIdx, SubType> = IndexVec::new();
/// types.push(FuncType::default().into());
/// assert!(types[TypeIdx(0)].is_final);
/// assert_eq!(types.get(TypeIdx(1)), None);
/// assert_eq!(types.len(), 1);
/// ```
pub struct IndexVec<I, T> {
    elements: Vec<T>,
    of: PhantomData<fn(I)>,
}

impl<I: SpaceIdx, T> IndexVec<I, T> {
    /// A list without elements.
    pub const fn new() -> Self {
        IndexVec { elements: Vec::new(), of: PhantomData }
    }

    /// The element at `index`.
    #[inline]
    pub fn get(&self, index: I) -> Option<&T> {
        self.elements.get(index.idx())
    }

    /// The element at `index`, to be changed.
    #[inline]
    pub fn get_mut(&mut self, index: I) -> Option<&mut T> {
        self.elements.get_mut(index.idx())
    }

    /// Adds an element at the end.
    #[inline]
    pub fn push(&mut self, element: T) {
        self.elements.push(element);
    }

    /// Makes the list `len` elements long: removes elements from the end, or adds copies of
    /// `element`.
    pub fn resize(&mut self, len: usize, element: T)
    where
        T: Clone,
    {
        self.elements.resize(len, element);
    }

    /// Removes and returns the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.elements.pop()
    }

    /// Removes the elements from position `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.elements.truncate(len);
    }

    /// Removes all elements.
    pub fn clear(&mut self) {
        self.elements.clear();
    }

    /// The index that the next element will have.
    pub fn next_index(&self) -> I {
        I::from(self.elements.len() as u32)
    }

    /// The elements, each with its index.
    pub fn iter_indexed(&self) -> impl ExactSizeIterator<Item = (I, &T)> {
        self.elements.iter().enumerate().map(|(at, element)| (I::from(at as u32), element))
    }

    /// The elements as a vector, for changes that move elements to other indices. Places that refer
    /// to the elements are not updated.
    pub fn as_vec_mut(&mut self) -> &mut Vec<T> {
        &mut self.elements
    }

    /// The elements as a vector.
    pub fn into_vec(self) -> Vec<T> {
        self.elements
    }
}

impl<I, T> Deref for IndexVec<I, T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.elements
    }
}

impl<I, T> DerefMut for IndexVec<I, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.elements
    }
}

/// # Panics
/// Indexing panics when there is no element at the index.
impl<I: SpaceIdx, T> Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, index: I) -> &T {
        &self.elements[index.idx()]
    }
}

impl<I: SpaceIdx, T> IndexMut<I> for IndexVec<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.elements[index.idx()]
    }
}

impl<I, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(elements: Vec<T>) -> Self {
        IndexVec { elements, of: PhantomData }
    }
}

impl<I, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<E: IntoIterator<Item = T>>(elements: E) -> Self {
        Vec::from_iter(elements).into()
    }
}

impl<I, T> Extend<T> for IndexVec<I, T> {
    fn extend<E: IntoIterator<Item = T>>(&mut self, elements: E) {
        self.elements.extend(elements);
    }
}

impl<I, T> IntoIterator for IndexVec<I, T> {
    type Item = T;
    type IntoIter = alloc::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.elements.into_iter()
    }
}

impl<'v, I, T> IntoIterator for &'v IndexVec<I, T> {
    type Item = &'v T;
    type IntoIter = core::slice::Iter<'v, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.elements.iter()
    }
}

impl<'v, I, T> IntoIterator for &'v mut IndexVec<I, T> {
    type Item = &'v mut T;
    type IntoIter = core::slice::IterMut<'v, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.elements.iter_mut()
    }
}

impl<I, T: Clone> Clone for IndexVec<I, T> {
    fn clone(&self) -> Self {
        self.elements.clone().into()
    }
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<I, T: PartialEq> PartialEq for IndexVec<I, T> {
    fn eq(&self, other: &Self) -> bool {
        self.elements == other.elements
    }
}

impl<I, T: Eq> Eq for IndexVec<I, T> {}

impl<I, T: fmt::Debug> fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements.fmt(f)
    }
}
