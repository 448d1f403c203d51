;; A core module for the world of double.wit.
(module
  (import "example:double/log" "line" (func $line (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "doubled")
  (func (export "double") (param $x i32) (result i32)
    (call $line (i32.const 0) (i32.const 7))
    (i32.mul (local.get $x) (i32.const 2))))
