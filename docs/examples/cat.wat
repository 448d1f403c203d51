;; Writes a file to standard output. Its argument is the path below the first directory that it is
;; given: wattle run --dir docs/examples cat.wat fib.wat
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param $count i32) (param $size i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args_get (param $pointers i32) (param $strings i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param $dir i32) (param $lookup i32) (param $path i32) (param $len i32)
      (param $open i32) (param $rights i64) (param $inherited i64) (param $flags i32)
      (param $fd i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param $fd i32) (param $buffers i32) (param $count i32) (param $read i32)
      (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $buffers i32) (param $count i32) (param $written i32)
      (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $code i32)))

  ;; 0 number of arguments, 4 their size, 8 file, 12 bytes read or written, 16 a buffer's address
  ;; and 20 its length, 32 pointers to arguments, 1024 arguments, 8192 the buffer.
  (memory (export "memory") 1)

  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))

  (func (export "_start") (local $path i32) (local $len i32)
    (call $check (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 2))
      (then (call $proc_exit (i32.const 2))))
    (if (i32.gt_u (i32.load (i32.const 4)) (i32.const 4096))
      (then (call $proc_exit (i32.const 2))))
    (call $check (call $args_get (i32.const 32) (i32.const 1024)))
    (local.set $path (i32.load (i32.const 36)))
    (loop $next
      (if (i32.load8_u (i32.add (local.get $path) (local.get $len)))
        (then
          (local.set $len (i32.add (local.get $len) (i32.const 1)))
          (br $next))))
    (call $check
      (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $len)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.store (i32.const 16) (i32.const 8192))
    (loop $more
      (i32.store (i32.const 20) (i32.const 4096))
      (call $check
        (call $fd_read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 12)))
      (if (i32.load (i32.const 12))
        (then
          (i32.store (i32.const 20) (i32.load (i32.const 12)))
          (call $check (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 12)))
          (br $more))))))
