;; A library for the world of double.wit, as `wasm-ld -shared` would make it: memory and addresses come
;; from the linker, and the function `twice` from another library.
(module
  (@dylink.0
    (mem-info (memory 8 2))
    (needed "libtwice.so"))
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $memory_base i32))
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (import "example:double/log" "line" (func $line (param i32 i32)))
  (data (global.get $memory_base) "doubled")
  (func (export "double") (param $x i32) (result i32)
    (call $line (global.get $memory_base) (i32.const 7))
    (call $twice (local.get $x))))
