;; Every instruction whose type depends on the module or on the operands, but those of proposals that
;; the interpreter does not run. Each function runs to its end.
(module
  (type $point (struct (field $x (mut i32)) (field $y (mut i8))))
  (type $bytes (array (mut i8)))
  (type $refs (array (mut funcref)))
  (type $step (func (param i32) (result i32)))
  (tag $e (param i32))
  (memory 1)
  (table $t 4 funcref)
  (global $g (mut i32) (i32.const 1))
  (data $d "abcd")
  (elem $f func $step)
  (func $step (type $step) (local.get 0))

  (func (export "blocks") (local i32)
    (block $out
      (loop $again
        (if (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))
          (then (br $again))
          (else (br_if $out (local.get 0)) (unreachable)))))
    (block (block (br_table 0 1 (i32.const 1))) (unreachable))
    (local.set 0 (select (i32.const 1) (i32.const 2) (i32.const 0)))
    (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 0)))
    (global.set $g (global.get $g))
    (return))

  (func (export "unreachable") (if (i32.const 0) (then (unreachable))))

  (func (export "calls")
    (drop (call $step (i32.const 1)))
    (table.set $t (i32.const 0) (ref.func $step))
    (drop (call_indirect $t (type $step) (i32.const 1) (i32.const 0)))
    (drop (call_ref $step (i32.const 1) (ref.func $step)))
    (drop (call $tail (i32.const 1)))
    (drop (call $tail_indirect (i32.const 1)))
    (drop (call $tail_ref (i32.const 1))))
  (func $tail (type $step) (return_call $step (local.get 0)))
  (func $tail_indirect (type $step)
    (return_call_indirect $t (type $step) (local.get 0) (i32.const 0)))
  (func $tail_ref (type $step) (return_call_ref $step (local.get 0) (ref.func $step)))

  (func (export "exceptions")
    (drop (block $caught (result i32)
      (try_table (catch $e $caught) (throw $e (i32.const 1)))
      (unreachable)))
    (drop (block $again (result i32)
      (try_table (catch $e $again)
        (throw_ref (block $ref (result exnref)
          (try_table (catch_all_ref $ref) (throw $e (i32.const 1)))
          (unreachable))))
      (unreachable))))

  (func (export "legacy exceptions")
    try
      try $inner
        try
          i32.const 1
          throw $e
        delegate $inner
      catch $e
        drop
        rethrow 0
      end
    catch_all
    end)

  (func (export "references")
    (local $r (ref null $point))
    (drop (ref.is_null (ref.null func)))
    (drop (ref.as_non_null (ref.func $step)))
    (block $null (drop (br_on_null $null (local.get $r))))
    (drop (block $not_null (result (ref func))
      (br_on_non_null $not_null (ref.func $step))
      (unreachable)))
    (drop (ref.test (ref i31) (ref.null any)))
    (drop (ref.test (ref null i31) (ref.null any)))
    (drop (ref.cast (ref i31) (ref.i31 (i32.const 1))))
    (drop (ref.cast (ref null i31) (ref.null any)))
    (drop (block $is (result (ref i31))
      (drop (br_on_cast $is anyref (ref i31) (ref.i31 (i32.const 1))))
      (unreachable)))
    (drop (block $is_not (result anyref)
      (drop (br_on_cast_fail $is_not anyref (ref i31) (local.get $r)))
      (unreachable)))
    (drop (any.convert_extern (extern.convert_any (local.get $r)))))

  (func (export "structs")
    (local $r (ref $point))
    (drop (struct.new $point (i32.const 1) (i32.const 2)))
    (local.set $r (struct.new_default $point))
    (struct.set $point $x (local.get $r) (i32.const 1))
    (drop (struct.get $point $x (local.get $r)))
    (drop (struct.get_s $point $y (local.get $r)))
    (drop (struct.get_u $point $y (local.get $r))))

  (func (export "arrays")
    (local $a (ref $bytes)) (local $r (ref $refs))
    (drop (array.new $bytes (i32.const 1) (i32.const 4)))
    (drop (array.new_fixed $bytes 2 (i32.const 1) (i32.const 2)))
    (drop (array.new_data $bytes $d (i32.const 0) (i32.const 4)))
    (local.set $a (array.new_default $bytes (i32.const 4)))
    (local.set $r (array.new_elem $refs $f (i32.const 0) (i32.const 1)))
    (array.set $bytes (local.get $a) (i32.const 0) (i32.const 1))
    (drop (array.get $refs (local.get $r) (i32.const 0)))
    (drop (array.get_s $bytes (local.get $a) (i32.const 0)))
    (drop (array.get_u $bytes (local.get $a) (i32.const 0)))
    (array.fill $bytes (local.get $a) (i32.const 0) (i32.const 1) (i32.const 4))
    (array.copy $bytes $bytes
      (local.get $a) (i32.const 0) (local.get $a) (i32.const 1) (i32.const 2))
    (array.init_data $bytes $d (local.get $a) (i32.const 0) (i32.const 0) (i32.const 4))
    (array.init_elem $refs $f (local.get $r) (i32.const 0) (i32.const 0) (i32.const 1)))

  (func (export "memories and tables")
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
    (table.set $t (i32.const 1) (table.get $t (i32.const 0)))
    (drop (table.grow $t (ref.null func) (i32.const 1)))
    (table.fill $t (i32.const 1) (ref.null func) (i32.const 1))
    (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1))
    (table.init $t $f (i32.const 0) (i32.const 0) (i32.const 1))))
