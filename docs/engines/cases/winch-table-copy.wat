;; Winch of Wasmtime 48.0.8 on x86-64: `table.copy` with a value below its operands leaves the stack
;; pointer where it does not belong. The call ends in a segmentation fault, or in an assertion of the
;; stack walk; `f(x)` is x.
;; Spec: https://webassembly.github.io/spec/core/exec/instructions.html#exec-table-copy
(module
  (table 17 funcref)
  (func (export "f") (param i32) (result i32)
    local.get 0
    i32.const 0
    i32.const 0
    i32.const 0
    table.copy)
)
