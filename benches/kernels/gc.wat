;; Garbage: binary trees are built, walked and dropped, and a list grows and is cut.
(module
  (rec
    (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
    (type $list (struct (field $head i64) (field $tail (mut (ref null $list))))))
  (func $build (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (local.get $depth)
      (then
        (struct.new $tree
          (call $build (i32.sub (local.get $depth) (i32.const 1)))
          (call $build (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new_default $tree))))
  (func $count (param $tree (ref null $tree)) (result i64)
    (if (result i64) (ref.is_null (local.get $tree))
      (then (i64.const 0))
      (else
        (i64.add (i64.const 1)
          (i64.add
            (call $count (struct.get $tree $left (local.get $tree)))
            (call $count (struct.get $tree $right (local.get $tree))))))))
  (func (export "run") (result i64)
    (local $round i32) (local $i i64) (local $sum i64) (local $list (ref null $list))
    (local.set $round (i32.const 40))
    (loop $rounds
      (local.set $sum (i64.add (local.get $sum) (call $count (call $build (i32.const 12)))))
      (local.set $i (i64.const 10_000))
      (loop $cells
        (local.set $list (struct.new $list (local.get $i) (local.get $list)))
        (local.set $i (i64.sub (local.get $i) (i64.const 1)))
        (br_if $cells (i32.wrap_i64 (local.get $i))))
      (if (i32.and (local.get $round) (i32.const 1))
        (then (struct.set $list $tail (ref.as_non_null (local.get $list)) (ref.null $list))))
      (local.set $sum
        (i64.add (local.get $sum) (struct.get $list $head (local.get $list))))
      (local.set $round (i32.sub (local.get $round) (i32.const 1)))
      (br_if $rounds (local.get $round)))
    (local.get $sum)))
