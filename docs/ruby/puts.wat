;; Runs a line of Ruby in a build of Ruby for WASI that is a library: one with no `_start`.
(module
  (import "ruby" "memory" (memory 1))
  (import "ruby" "cabi_realloc"
    (func $realloc (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
      (result i32)))
  (import "ruby" "ruby-init: func(args: list<string>) -> ()"
    (func $init (param $args i32) (param $len i32)))
  (import "ruby"
    "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param $code i32) (param $len i32) (result i32)))

  (data $arguments "ruby\00--disable=all\00-e_=0\00")
  (data $code "puts 1+1; $stdout.flush")

  ;; The address of a new string: that of `len` bytes of arguments from `at` on.
  (func $argument (param $at i32) (param $len i32) (result i32)
    (local $to i32)
    (local.set $to (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
    (memory.init $arguments (local.get $to) (local.get $at) (local.get $len))
    (local.get $to))

  (func (export "_start")
    (local $list i32) (local $code i32) (local $result i32)
    ;; A list of three strings, each an address and a length. Ruby keeps them.
    (local.set $list (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 24)))
    (i32.store offset=0 (local.get $list) (call $argument (i32.const 0) (i32.const 5)))
    (i32.store offset=4 (local.get $list) (i32.const 5))
    (i32.store offset=8 (local.get $list) (call $argument (i32.const 5) (i32.const 14)))
    (i32.store offset=12 (local.get $list) (i32.const 14))
    (i32.store offset=16 (local.get $list) (call $argument (i32.const 19) (i32.const 6)))
    (i32.store offset=20 (local.get $list) (i32.const 6))
    (call $init (local.get $list) (i32.const 3))

    (local.set $code (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 23)))
    (memory.init $code (local.get $code) (i32.const 0) (i32.const 23))
    (local.set $result (call $eval (local.get $code) (i32.const 23)))
    ;; The second of the two results says whether there was an exception.
    (if (i32.load offset=4 (local.get $result)) (then (unreachable)))))
