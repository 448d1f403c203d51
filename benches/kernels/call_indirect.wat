;; Calls through a table: one of four small functions by turns.
(module
  (type $step (func (param i64) (result i64)))
  (table funcref (elem $add $xor $rotate $multiply))
  (func $add (param i64) (result i64) (i64.add (local.get 0) (i64.const 17)))
  (func $xor (param i64) (result i64) (i64.xor (local.get 0) (i64.const 0x5555_aaaa)))
  (func $rotate (param i64) (result i64) (i64.rotl (local.get 0) (i64.const 9)))
  (func $multiply (param i64) (result i64) (i64.mul (local.get 0) (i64.const 0x9e37)))
  (func (export "run") (result i64)
    (local $i i32) (local $x i64)
    (loop $next
      (local.set $x
        (call_indirect (type $step) (local.get $x) (i32.and (local.get $i) (i32.const 3))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 2_000_000))))
    (local.get $x)))
