//! Where the official suite and the corpus lie.
