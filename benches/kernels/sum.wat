;; A loop of few instructions: the sum of the numbers below ten million.
(module
  (func (export "run") (result i64)
    (local $i i64) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (local.get $i)))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $next (i64.lt_u (local.get $i) (i64.const 10_000_000))))
    (local.get $sum)))
