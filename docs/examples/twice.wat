;; A library with one function.
(module
  (@dylink.0)
  (func (export "twice") (param $x i32) (result i32)
    (i32.shl (local.get $x) (i32.const 1))))
