;; A name section that identifiers cannot carry: an index out of range, then a section behind it.
(module
  (func)
  (@custom "name" "\01\07\02\00\01f\05\01g")
  (@custom "producers" "\00"))
