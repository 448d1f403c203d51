;; Copies a megabyte with a loop over bytes, 3 times there and back.
(module
  (memory 33)
  (func $copy (param $to i32) (param $from i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $from) (i32.const 0x10_0000)))
    (loop $next
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))
  (func (export "run") (result i64)
    (local $times i32)
    (i64.store (i32.const 0xf_fff8) (i64.const 0x0123_4567_89ab_cdef))
    (local.set $times (i32.const 3))
    (loop $next
      (call $copy (i32.const 0x10_0000) (i32.const 0))
      (call $copy (i32.const 0) (i32.const 0x10_0000))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $next (local.get $times)))
    (i64.load (i32.const 0x1f_fff8))))
