;; Seed 7691, as minimised. Memory 0 is shared and imported; "f3" stores to it out of bounds. That
;; should trap with "out of bounds memory access". Wasmtime 48.0.8 panics: `assertion failed:
;; fault.is_none()`. Looking for the memory that a faulting address belongs to, it asserts that only
;; one instance of the store holds that memory.
(module
  (type (;0;) (func))
  (type (;1;) (func (param i32) (result i32 i32)))
  (type (;2;) (func (param i64 f32 i64 f64) (result i64)))
  (type (;3;) (func (param i64 i32 f64 i64 i32)))
  (import "host" "i0" (func (;0;) (type 2) (param i64 f32 i64 f64) (result i64)))
  (import "host" "i1" (memory (;0;) 1 2 shared))
  (import "env" "i2" (func (;1;) (type 3) (param i64 i32 f64 i64 i32)))
  (import "env" "i3" (func (;2;) (type 0)))
  (table (;0;) 12 funcref)
  (memory (;1;) 2)
  (memory (;2;) 2 2 shared)
  (global (;0;) (mut i32) (i32.const 116))
  (global (;1;) (mut i32) (i32.const 0))
  (global (;2;) i32 (i32.const 70))
  (global (;3;) (mut f64) (f64.const -0x1.24f9f33b771c4p-844))
  (global (;4;) i32 (i32.const 0))
  (global (;5;) f32 (f32.const 4.5))
  (global (;6;) i32 (i32.const -1))
  (global (;7;) (mut i32) (i32.const 200))
  (export "f3" (func 3))
  (func (;3;) (type 1) (param i32) (result i32 i32)
    (local f64 f32 i32)
    f64.const 0
    i32.const 0
    i32.const 0
    drop
    drop
    f64.const 0
    f64.ge
    f64.const 0
    f64.const 0
    f64.ne
    f64.const 0
    i32.const 0
    local.get 3
    i32.store8 1
    f64.const 0
    i64.const 0
    i32.const 0
    f32.const 0
    local.set 2
    f64.convert_i32_u
    f64.const nan
    f64.const 0
    f64.const 0
    f64.eq
    select
    f64.const 0
    i32.const 0
    select
    i32.const 0
    drop
    drop
    i32.const 0
    i32.const 0
    drop
    drop
    f64.const 0
    f64.const nan
    i32.const 0
    select
    global.set 3
    drop
    f64.const 0
    f64.const 0
    i32.const 0
    select
    local.set 1
    global.set 3
    f32.const 0
    i32.const 0
    f32.reinterpret_i32
    f32.const nan
    i32.const 0
    select
    global.get 1
    f64.const 0
    f64.const 0
    global.get 2
    i32.const -11606
    i32.eq
    if (;@1;)
      i32.const 0
      i32.const 0
      return_call_indirect (type 1)
    end
    i32.const 0
    global.get 5
    i32.const 0
    if (;@1;)
      i32.const 0
      i32.const 0
      return_call_indirect (type 1)
    end
    i32.const 0
    f32.const 20.75
    f32.store 1 offset=109
    i32.const 0
    if (;@1;)
    end
    f64.const 0
    f64.const 0
    i32.const 0
    select
    local.set 1
    i32.const 0
    i32.const 1
    i32.sub
    global.set 7
    f64.const 0
    i32.const 0
    local.set 0
    local.set 1
    i32.const 0
    local.get 2
    f32.store 2 offset=95 align=2
    i32.const 0
    f32.const 0
    i64.const 0
    f64.const 0
    global.get 7
    f64.const 0
    f64.store align=2
    i32.const 0
    local.get 3
    call 3
    i32.const 0
    local.set 3
    local.set 0
    global.set 0
    drop
    global.set 3
    drop
    local.set 2
    drop
    drop
    local.set 3
    local.set 1
    local.set 1
    local.set 3
    local.set 2
    local.set 2
    local.set 1
  )
)
