;; A component with one function, made from a core module.
(component $add
  (core module $adder
    (func (export "add") (param i32 i32) (result i32)
      local.get 0
      local.get 1
      i32.add))
  (core instance $instance (instantiate $adder))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $instance "add"))))
