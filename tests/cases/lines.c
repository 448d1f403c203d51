// A program with debugging information: a function, one that is inlined into it, and a caller.
//
// clang --target=wasm32 -Os -g -fdebug-compilation-dir=. -nostdlib -Wl,--no-entry lines.c -o lines.wasm

static inline __attribute__((always_inline)) int divide(int a, int b) {
  return a / b;
}

__attribute__((noinline)) int average(const int *numbers, int count) {
  int sum = 0;
  for (int at = 0; at < count; at++) {
    sum += numbers[at];
  }
  return divide(sum, count);
}

static const int numbers[] = {1, 2, 3};

__attribute__((export_name("of"))) int of(int count) {
  return average(numbers, count);
}
