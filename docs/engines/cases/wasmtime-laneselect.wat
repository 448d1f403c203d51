;; Seed 5509, as minimised. Wasmtime 48.0.8 on x86-64 goes by whole masks in `i16x8.relaxed_laneselect`
;; and by top bits in `i64x2.relaxed_laneselect`. The specification has one parameter, R_laneselect,
;; for lanes of all shapes, so no choice of it gives both.
;; Spec: https://webassembly.github.io/spec/core/exec/numerics.html#op-irelaxed-laneselect
(module
  (type (;0;) (func))
  (type (;1;) (array (mut i8)))
  (type (;2;) (func (result v128)))
  (import "env" "i0" (memory (;0;) 2 2))
  (import "host" "i1" (func (;0;) (type 0)))
  (global (;0;) (mut f64) (f64.const 2))
  (global (;1;) v128 (v128.const i32x4 0xf70db1c0 0x85899033 0xc9dbc49f 0x4ac2a9ac))
  (global (;2;) (mut f64) (f64.const 28.5))
  (global (;3;) (ref 1) i32.const 41 i32.const 7 array.new 1)
  (global (;4;) (mut f32) (f32.const 2802.5757))
  (global (;5;) (mut v128) (v128.const i32x4 0x33f7b55d 0x8aa3fa88 0x347de1fa 0xe5bfdaf5))
  (export "f2" (func 2))
  (export "f3" (func 3))
  (func (;1;) (type 0))
  (func (;2;) (type 2) (result v128)
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    v128.const i32x4 0xe40fdc28 0x3baeb04b 0x510e90f9 0xb51e0158
    v128.const i32x4 0xa11bb384 0x8b51cfc6 0x4af7a364 0x96b82229
    i16x8.relaxed_laneselect
  )
  (func (;3;) (type 2) (result v128)
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    v128.const i32x4 0x0ea608c9 0xc0167b98 0x691463ad 0xb6a2018d
    global.get 5
    i64x2.relaxed_laneselect
  )
)
