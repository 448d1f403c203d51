;; Names that are odd, missing or not unique.
(module $"a module" 
  (func $plain) (func $"with space") (func $"\u{202e}" ) (func)
  (func $a (@name "twice")) (func $b (@name "twice")) (func $c (@name "")) (func $"#func4")
  (func $locals (param $x i32) (param i32) (param $y (@name "x") i32) (local $z i64) (local f32)
    (block $l (block $l (@name "l") (br $l) (br 1)) (block (br 0)))
    (block $l (br $l))
    (local.set $y (local.get $x)))
  (type $t (struct (field $f i32) (field $g (@name "f") i32)))
  (table $t 1 funcref) (memory $t 1) (global $t i32 i32.const 0) (tag $t)
  (elem $t func) (data $t "")
  (func (call $a) (call $"with space") (drop (global.get $t))))
