;; wasmi 2.0.0 panics while it translates this module ("entered unreachable code"): the number that
;; was computed last is stored at itself as the address, in another memory than the first or with an
;; offset of more than 16 bits. When functions are translated as they are first called, which is its
;; default, the panic ends the process.
;; Spec: https://webassembly.github.io/spec/core/exec/instructions.html#exec-store
(module
  (memory 1)
  (memory $other 1)
  (func (export "f") (param i32 i32) (local i32)
    local.get 0
    local.get 1
    i32.le_s
    local.tee 2
    local.get 2
    i32.store8 $other)
)
