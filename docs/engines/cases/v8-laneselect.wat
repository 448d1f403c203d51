;; V8 14.6 on x86-64 goes by the top bit of each byte in `i16x8.relaxed_laneselect`: the result is
;; 0x5a00. The specification's text permits 0x5a5a (by the top bit of the lane) and 0x0000 (bit by
;; bit); the official test suite permits the top bits of bytes as well, for the sake of `pblendvb`.
;; Spec: https://webassembly.github.io/spec/core/exec/numerics.html#op-irelaxed-laneselect
(module
  (func (export "f") (result i32)
    (i16x8.extract_lane_u 0
      (i16x8.relaxed_laneselect
        (i8x16.splat (i32.const 0x5a)) (i8x16.splat (i32.const 0)) (i16x8.splat (i32.const 0x8000)))))
)
