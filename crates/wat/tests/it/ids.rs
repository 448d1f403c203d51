//! The map of identifiers. It is private to the crate, so its file is compiled here too.

use crate::private::ids::{IdMap, NEARBY, hash};

/// A map from each identifier to its place, which a second insertion does not change.
fn numbered<'a>(ids: &'a [impl AsRef<str>]) -> IdMap<'a> {
    let mut map = IdMap::default();
    for (i, id) in ids.iter().enumerate() {
        assert!(map.insert(id.as_ref().into(), i as u32));
        assert!(!map.insert(id.as_ref().into(), 0));
    }
    for (i, id) in ids.iter().enumerate() {
        assert_eq!(map.get(id.as_ref()), Some(i as u32));
    }
    map
}

#[test]
fn first_come_first_served() {
    let ids: Vec<_> = (0..1000).map(|i| format!("id{i}")).collect();
    let mut map = numbered(&ids);
    assert_eq!(map.get("id1000"), None);
    map.clear();
    assert_eq!(map.get("id1"), None);
}

#[test]
fn identifiers_with_one_hash_are_found() {
    let ids: Vec<_> = (0..200_000_u64).map(|i| format!("{i:08}")).collect();
    let mut by_slot = vec![Vec::new(); 256];
    for id in &ids {
        by_slot[hash(id) & 255].push(id.as_str());
    }
    let ids = by_slot.into_iter().max_by_key(Vec::len).unwrap();
    assert!(ids.len() > NEARBY);
    numbered(&ids);
}
