;; wasmi 2.0.0. A local is read, and set in a block with parameters while the value read still lies
;; below them. The value is saved within the block, not before it: `g` is 9, `f` whatever lies on
;; the stack there, such as what another function left behind. Both are 0.
;; Spec: https://webassembly.github.io/spec/core/exec/instructions.html#exec-local-get
(module
  (func (export "f") (result i32)
    (local $x i32) (local $no i32)
    local.get $x
    i32.const 0
    local.get $no
    if (param i32)
      drop
      i32.const 2
      local.set $x
    else
      drop
    end)
  (func (export "g") (result i32)
    (local $x i32) (local $count i32)
    local.get $x
    i32.const 3
    loop (param i32)
      i32.const 1
      i32.sub
      local.set $count
      i32.const 9
      local.set $x
      local.get $count
      local.get $count
      br_if 0
      drop
    end)
)
