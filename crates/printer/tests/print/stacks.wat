;; Stacks that folding has to be careful with.
(module
  (func $two (result i32 i32) i32.const 1 i32.const 2)
  (func $split
    call $two drop drop
    call $two i32.add drop
    i32.const 0 call $two drop i32.add drop)
  (func $between
    i32.const 1 nop i32.const 2 i32.add drop)
  (func $params (param i32 i32) (result i32)
    local.get 0 local.get 1
    block (param i32 i32) (result i32) i32.add end
    local.get 0
    if (param i32) (result i32) i32.const 1 i32.add else end)
  (func $unreachable (result i32)
    i32.const 1 return i32.add i32.add
    i32.const 7 br 0 drop)
  (func $too_few i32.add drop)
  (func $long (param $a_rather_long_name i32) (result i32)
    (i32.add (i32.mul (local.get $a_rather_long_name) (i32.const 1000000)) (i32.sub (local.get 0) (i32.const 1)))))
