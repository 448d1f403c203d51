;; Seed 363 (and 3516), as minimised. wasmi 2.0.0 leaves 0 in the global, Wattle and Wasmtime 0x80000000, after
;; "f0" was called with -2147483648. What matters is
;;     (select (i32.const 0) (local.get 0) (i32.eqz (local.get 0)))
;; whose condition is 0, so that it gives its second operand.
;; Spec: https://webassembly.github.io/spec/core/exec/instructions.html#exec-select
(module
  (type (;0;) (func))
  (type (;1;) (func (param i64 i32 i64 f32) (result i64 v128)))
  (type (;2;) (func (result i64 v128 i32)))
  (type (;3;) (func (param i64 f32 funcref f64 i64) (result v128)))
  (type (;4;) (func (param i64) (result f32 f64 v128)))
  (type (;5;) (func (param i32 i32 i32 i64) (result i32 i32)))
  (type (;6;) (func (param i32 i64) (result v128)))
  (type (;7;) (func (param i64) (result i64)))
  (type (;8;) (func (param i32 i64) (result i64 f32)))
  (global (;0;) (mut v128) (v128.const i32x4 0x20e65bd2 0x45feba6f 0x6e71db6e 0x6dd8ef12))
  (global (;1;) f32 (f32.const inf))
  (global (;2;) (mut i32) (i32.const 26252))
  (export "f0" (func 0))
  (export "g2" (global 2))
  (func (;0;) (type 8) (param i32 i64) (result i64 f32)
    (local externref i32 externref i32 externref f32 v128 f64)
    f32.const 0
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    f32.const 0
    i32.const 0
    i32.const 0
    f64.const 0
    i32.const 0
    i32.const 0
    local.get 0
    local.get 0
    i32.eqz
    select
    global.set 2
    drop
    local.set 9
    local.set 5
    drop
    local.set 7
    local.set 8
    local.set 7
    i64.const 0
    f32.const 0
  )
)
