;; wasmi 2.0.0: a `select` whose condition compares an `i32` with zero takes the wrong operand.
;; `eqz(0)` and `eq(0)` are 7, `ne(0)` is 9; with other arguments it is the other way round. So it is
;; with `ref.is_null` where another operation comes before: `null(x)` is 3.
;; Spec: https://webassembly.github.io/spec/core/exec/instructions.html#exec-select
(module
  (func (export "eqz") (param i32) (result i64)
    (select (i64.const 7) (i64.const 9) (i32.eqz (local.get 0))))
  (func (export "eq") (param i32) (result i64)
    (select (i64.const 7) (i64.const 9) (i32.eq (local.get 0) (i32.const 0))))
  (func (export "ne") (param i32) (result i64)
    (select (i64.const 7) (i64.const 9) (i32.ne (local.get 0) (i32.const 0))))
  (func (export "null") (param i32) (result i32)
    (local externref)
    (drop (i32.clz (local.get 0)))
    (select (i32.const 3) (local.get 0) (ref.is_null (local.get 1))))
)
