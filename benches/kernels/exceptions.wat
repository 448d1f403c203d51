;; Throws and catches: every fourth call of three frames throws.
(module
  (tag $found (param i64))
  (func $deep (param $i i64)
    (if (i64.eqz (i64.and (local.get $i) (i64.const 3)))
      (then (throw $found (local.get $i)))))
  (func $middle (param $i i64) (call $deep (local.get $i)))
  (func (export "run") (result i64)
    (local $i i64) (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add (local.get $sum)
          (block $caught (result i64)
            (try_table (catch $found $caught) (call $middle (local.get $i)))
            (i64.const 1))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (i64.const 500_000))))
    (local.get $sum)))
