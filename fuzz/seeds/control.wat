;; Control: blocks with every kind of type, branches, both kinds of exceptions, tail calls.
(module
  (type $v (func))
  (type $ii (func (param i32) (result i32)))
  (tag $e (param i32))
  (table 1 funcref)
  (func $f (type $ii)
    block $out (result i32)
      local.get 0
      br_if $out
      block $in (param) (result i32)
        i32.const 3
      end
    end
    if $cond (result i32)
      i32.const 1
    else
      i32.const 2
    end
    loop $again (type $ii)
      br_table 0 $again 1
    end)
  (func (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (catch_all 1)
        (throw $e (i32.const 1)))))
  (func
    block (result exnref)
      try_table (catch_all_ref 0)
      end
      unreachable
    end
    throw_ref)
  (func (result i32)
    try $t (result i32)
      i32.const 0
    catch $e
    catch_all
      rethrow $t
    end)
  (func (try (do (try (do nop) (delegate 0))) (catch $e drop) (catch_all)))
  (func (param i32) (result i32)
    (@metadata.code.branch_hint "\01") (@metadata.code.trace "a" "\00")
    (if (result i32) (local.get 0)
      (then (return_call $f (i32.const 1)))
      (else (return_call_indirect (type $ii) (i32.const 1) (i32.const 0)))))
  (func (select (result i32) (i32.const 1) (i32.const 2) (i32.const 0)) drop))
