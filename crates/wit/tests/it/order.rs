//! The order of nodes that depend on each other. It is private to the crate, so its file is
//! compiled here too.

use crate::private::order::order;

#[test]
fn the_given_order_is_kept_where_dependencies_permit() {
    assert_eq!(order(&[vec![2], vec![], vec![]]), Ok(vec![1, 2, 0]));
    assert_eq!(order(&[vec![1, 1], vec![], vec![0]]), Ok(vec![1, 0, 2]));
    assert_eq!(order(&[vec![], vec![2], vec![3], vec![1]]), Err((1, 0)));
    assert_eq!(order(&[vec![0]]), Err((0, 0)));
}
