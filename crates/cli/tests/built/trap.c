// A program that traps in a function that was inlined: see `lines.rs` of the tests.
static inline __attribute__((always_inline)) int divide(int a, int b) {
    return a / b;
}

__attribute__((noinline, export_name("mean"))) int mean(int sum, int count) {
    int result = divide(sum, count);
    return result + 1;
}

__attribute__((export_name("run"))) int run(int count) {
    return mean(100, count) + 2;
}
