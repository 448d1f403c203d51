;; Vectors of bytes: a megabyte is brightened, and the bytes above a bound are counted.
(module
  (memory 16)
  (func (export "run") (result i64)
    (local $at i32) (local $pixels v128) (local $count i64) (local $round i32)
    (local.set $round (i32.const 8))
    (loop $again
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $pixels
          (i8x16.add_sat_u (v128.load (local.get $at)) (i8x16.splat (i32.const 11))))
        (v128.store (local.get $at)
          (i8x16.max_u (local.get $pixels) (i8x16.splat (i32.const 5))))
        (local.set $count
          (i64.add (local.get $count)
            (i64.extend_i32_u
              (i32.popcnt
                (i8x16.bitmask (i8x16.gt_u (local.get $pixels) (i8x16.splat (i32.const 40))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const 0x10_0000))))
      (local.set $round (i32.sub (local.get $round) (i32.const 1)))
      (br_if $again (local.get $round)))
    (local.get $count)))
