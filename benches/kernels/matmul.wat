;; Floats: the product of two matrices of 200 by 200 doubles, the second transposed by turns.
(module
  (memory 16)
  (func $cell (param $matrix i32) (param $row i32) (param $column i32) (result i32)
    (i32.add
      (i32.mul (local.get $matrix) (i32.const 320_000))
      (i32.shl
        (i32.add (i32.mul (local.get $row) (i32.const 200)) (local.get $column))
        (i32.const 3))))
  (func $fill
    (local $i i32)
    (loop $next
      (f64.store (i32.shl (local.get $i) (i32.const 3))
        (f64.div
          (f64.convert_i32_u (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (i32.const 101)))
          (f64.const 3)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 80_000)))))
  (func (export "run") (result i64)
    (local $row i32) (local $column i32) (local $i i32)
    (local $left i32) (local $right i32) (local $sum f64) (local $total f64)
    (call $fill)
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $sum (f64.const 0))
        (local.set $left (call $cell (i32.const 0) (local.get $row) (i32.const 0)))
        (local.set $right (call $cell (i32.const 1) (i32.const 0) (local.get $column)))
        (local.set $i (i32.const 200))
        (loop $products
          (local.set $sum
            (f64.add (local.get $sum)
              (f64.mul (f64.load (local.get $left)) (f64.load (local.get $right)))))
          (local.set $left (i32.add (local.get $left) (i32.const 8)))
          (local.set $right (i32.add (local.get $right) (i32.const 1600)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br_if $products (local.get $i)))
        (f64.store (call $cell (i32.const 2) (local.get $row) (local.get $column))
          (local.get $sum))
        (local.set $total (f64.add (local.get $total) (local.get $sum)))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $column) (i32.const 200))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $row) (i32.const 200))))
    (i64.reinterpret_f64 (local.get $total))))
