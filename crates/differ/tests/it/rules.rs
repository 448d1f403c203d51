//! A difference is a finding exactly when the specification does not permit it: a test for each
//! rule. The engines are Wattle's own runtime with other choices, or fixed answers.

use wattle_ast::Features;
use wattle_differ::{Case, Ending, Nans, Oracle, Run, Settings, Verdict, Way, check};
use wattle_runtime::Limits;
use wattle_runtime::numerics::{Nan, Profile, Relaxed, RelaxedMinMax, RelaxedTrunc};

fn case(text: &str) -> Case {
    let module = wattle_wat::parse(text).expect("well-formed").into_owned();
    let case = Case::new(module, Features::DEFAULT, Settings::default());
    for module in [&case.module, &case.provider, &case.adapter, &case.closed().module] {
        wattle_validator::validate(module).expect("valid");
    }
    case
}

#[test]
fn the_closed_form_declares_what_only_an_export_declared() {
    // The closed form has other exports. `case` validates it.
    case(r#"(module (func (export "f") (result i32) (ref.is_null (ref.func 0))))"#);
}

fn with_profile(profile: Profile) -> Oracle {
    Oracle { profile, ..Oracle::default() }
}

/// A NaN whose bits the engine chooses.
const NAN: &str = r#"(module
    (func (export "f") (result f32) (f32.add (f32.const nan:0x200001) (f32.const 1)))
    (func (export "d") (result f64) (f64.div (f64.const 0) (f64.const 0)))
    (func (export "v") (result v128)
        (f32x4.mul (v128.const f32x4 -nan:0x200001 1 2 3) (v128.const f32x4 1 1 1 1))))"#;

#[test]
fn bits_of_nans_are_the_engines() {
    let mut native = with_profile(Profile { nan: Nan::Native, ..Profile::default() });
    let case = case(NAN);
    assert_eq!(check(&mut native, &case, Nans::Class), Verdict::Agrees);
    let exact = check(&mut native, &case, Nans::Exact);
    assert_eq!(exact, Verdict::Discarded("depends on the bits of NaNs".into()));
    // An engine must not choose the bits of a constant.
    let text = r#"(module (func (export "f") (result f32) (f32.const nan:0x200001)))"#;
    let case = self::case(text);
    let mut actual = Oracle::default().run_case(&case);
    actual.probes[0] = Ending::values([0x7fc0_0000]);
    let verdict = check(&mut Fixed(actual), &case, Nans::Exact);
    assert!(matches!(verdict, Verdict::Differs(d) if d.way == Way::Value));
}

#[test]
fn a_nan_is_no_number() {
    let case = case(r#"(module (func (export "f") (result f32) (f32.const nan)))"#);
    let expected = Oracle::default().run_case(&case);
    let mut actual = expected.clone();
    actual.probes[0] = Ending::values([0x3f80_0000]);
    let verdict = wattle_differ::compare(&case.probes, &expected, &actual, Nans::Class);
    assert!(matches!(verdict, Verdict::Differs(_)));
}

#[test]
fn what_depends_on_the_bits_of_nans_says_nothing() {
    let text = r#"(module (memory (export "m") 1)
        (func (export "f") (f32.store (i32.const 0)
            (f32.add (f32.const nan:0x200001) (f32.const 1)))))"#;
    let mut native = with_profile(Profile { nan: Nan::Native, ..Profile::default() });
    let verdict = check(&mut native, &case(text), Nans::Class);
    assert_eq!(verdict, Verdict::Discarded("depends on the bits of NaNs".into()));
}

#[test]
fn canonical_nans_have_no_bits_to_choose() {
    let features = Features::ALL - Features::COMPACT_IMPORTS;
    for seed in 0..300 {
        let config = wattle_differ::config_of(seed, features, Nans::Exact);
        let made = wattle_smith::from_seed(&config, seed);
        let settings = Settings { fuel: config.termination, salt: seed };
        let case = Case::new(made.module, made.features, settings);
        let expected = Oracle::default().run_case(&case);
        for nan in [Nan::Negative, Nan::Native] {
            let other = with_profile(Profile { nan, ..Profile::default() });
            assert_eq!(other.run_case(&case), expected, "seed {seed}, {nan:?}");
        }
    }
}

/// Each parameter of the relaxed instructions, with a module that shows it.
#[test]
fn relaxed_vectors_are_permitted() {
    let other = |change: fn(&mut Relaxed)| {
        let mut relaxed = Relaxed::default();
        change(&mut relaxed);
        with_profile(Profile { relaxed, ..Profile::default() })
    };
    type Row = (fn(&mut Relaxed), &'static str);
    let rows: [Row; 9] = [
        (
            |r| r.fused_madd = true,
            "(f64x2.relaxed_madd (v128.const f64x2 0x1.0000001p0 0)
                (v128.const f64x2 0x1.0000001p0 0) (v128.const f64x2 -1 0))",
        ),
        (
            |r| r.min = RelaxedMinMax::Second,
            "(f32x4.relaxed_min (v128.const f32x4 nan 0 0 0) (v128.const f32x4 1 0 0 0))",
        ),
        (
            |r| r.max = RelaxedMinMax::First,
            "(f64x2.relaxed_max (v128.const f64x2 1 0) (v128.const f64x2 nan 0))",
        ),
        (
            |r| r.unsigned_dot = true,
            "(i16x8.relaxed_dot_i8x16_i7x16_s (i8x16.splat (i32.const 3))
                (i8x16.splat (i32.const 200)))",
        ),
        (
            |r| r.wrapping_q15mulr = true,
            "(i16x8.relaxed_q15mulr_s (i16x8.splat (i32.const -32768))
                (i16x8.splat (i32.const -32768)))",
        ),
        (
            |r| r.trunc_s = RelaxedTrunc::Indefinite,
            "(i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 1e30 0 0 0))",
        ),
        (
            |r| r.trunc_u = RelaxedTrunc::Indefinite,
            "(i32x4.relaxed_trunc_f32x4_u (v128.const f32x4 -1 0 0 0))",
        ),
        (
            |r| r.modulo_swizzle = true,
            "(i8x16.relaxed_swizzle (i8x16.splat (i32.const 9)) (i8x16.splat (i32.const 17)))",
        ),
        (
            |r| r.top_bit_laneselect = true,
            "(i8x16.relaxed_laneselect (i8x16.splat (i32.const 255)) (i8x16.splat (i32.const 0))
                (i8x16.splat (i32.const 0x81)))",
        ),
    ];
    for (change, code) in rows {
        let text = format!(r#"(module (func (export "f") (result v128) {code}))"#);
        let verdict = check(&mut other(change), &case(&text), Nans::Exact);
        assert_eq!(verdict, Verdict::Permitted("relaxed vectors"), "{code}");
        // Instructions that are not relaxed leave no choice.
        let verdict = check(&mut other(change), &case(NAN), Nans::Exact);
        assert_eq!(verdict, Verdict::Agrees, "{code}");
    }
}

/// A known deviation of an engine must not hide other differences.
#[test]
fn a_known_deviation_hides_nothing_else() {
    let masks = "(i64x2.splat (i64.const 0x8001_7fff_8000_0001))";
    let text = |shape: &str, value: u32| {
        format!(
            r#"(module
                (func (export "a") (result v128) ({shape}
                    (i8x16.splat (i32.const 0x5a)) (i8x16.splat (i32.const 0)) {masks}))
                (func (export "b") (result v128) (i64x2.relaxed_laneselect
                    (i8x16.splat (i32.const 0x5a)) (i8x16.splat (i32.const 0)) {masks}))
                (func (export "c") (result i32) (i32.const {value})))"#
        )
    };
    let case = case(&text("i16x8.relaxed_laneselect", 1));
    let relaxed = Relaxed { top_bit_laneselect: true, ..Relaxed::default() };
    let engine = with_profile(Profile { relaxed, ..Profile::default() });
    for taken in ["v128.bitselect", "i8x16.relaxed_laneselect"] {
        let deviating = |value| Fixed(engine.run_case(&self::case(&text(taken, value))));
        let verdict = check(&mut deviating(1), &case, Nans::Exact);
        assert!(matches!(verdict, Verdict::Discarded(why) if why.starts_with("known: ")));
        let verdict = check(&mut deviating(2), &case, Nans::Exact);
        assert!(matches!(verdict, Verdict::Differs(_)), "{taken}");
    }
}

#[test]
fn growth_may_fail() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let mut small = Oracle { limits, ..Oracle::default() };
    for text in [
        r#"(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 1000))))"#,
        r#"(module (table 1 funcref) (func (export "f") (result i32)
            (table.grow (ref.null func) (i32.const 5000000))))"#,
    ] {
        let verdict = check(&mut small, &case(text), Nans::Exact);
        assert_eq!(verdict, Verdict::Discarded("growth depends on limits".into()), "{text}");
    }
    // Growth by one page does not depend on limits.
    let text =
        r#"(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 1))))"#;
    let case = case(text);
    let expected = Oracle::default().run_case(&case);
    let mut actual = expected.clone();
    actual.probes[0] = Ending::values([u32::MAX.into()]);
    let mut liar = Fixed(actual);
    assert!(matches!(check(&mut liar, &case, Nans::Exact), Verdict::Differs(_)));
}

/// An engine that always gives the same answer.
struct Fixed(Run);

impl wattle_differ::Engine for Fixed {
    fn name(&self) -> std::sync::Arc<str> {
        "fixed".into()
    }

    fn features(&self) -> Features {
        Features::DEFAULT
    }

    fn run(&mut self, _: &Case) -> Run {
        self.0.clone()
    }
}

#[test]
fn traps_are_compared_by_kind_whatever_the_words() {
    let case = case(
        r#"(module (memory 1) (func (export "f") (result i32)
        (i32.load (i32.const -1))))"#,
    );
    let expected = Oracle::default().run_case(&case);
    for (words, same) in [
        ("RuntimeError: memory access out of bounds", true),
        ("wasm trap: out of bounds memory access", true),
        ("out of bounds memory access: access at 4294967295+4 >= max value 65536", true),
        ("RuntimeError: table index is out of bounds", false),
        // An atomic access may be unaligned and out of bounds.
        ("unaligned atomic", true),
        ("integer divide by zero", false),
        ("words that nobody knows", false),
    ] {
        let mut actual = expected.clone();
        actual.probes[0] = Ending::Trap(words.into());
        let verdict = check(&mut Fixed(actual), &case, Nans::Exact);
        match verdict {
            Verdict::Agrees => assert!(same, "{words}"),
            Verdict::Differs(d) => assert!(!same && d.way == Way::Trap, "{words}"),
            other => panic!("{words}: {other:?}"),
        }
    }
}

/// When one instruction may trap for two reasons, engines may report either.
#[test]
fn either_of_two_reasons_is_the_same_trap() {
    let array = |code: &str| {
        format!(
            r#"(module (type $a (array (mut i8))) (data "") (memory 1 1 shared)
                (func (export "f") {code}))"#
        )
    };
    let init = "(array.init_data $a 0 (array.new $a (i32.const 0) (i32.const 1)) (i32.const 2)
        (i32.const 1) (i32.const 1))";
    let atomic = "(drop (i32.atomic.load (i32.const -1)))";
    for (code, words) in [
        (init, "RuntimeError: data segment out of bounds"),
        (atomic, "memory access out of bounds"),
    ] {
        let case = case(&array(code));
        let mut actual = Oracle::default().run_case(&case);
        actual.probes[0] = Ending::Trap(words.into());
        let expected = Oracle::default().run_case(&case);
        assert_ne!(expected.probes[0], actual.probes[0]);
        assert_eq!(
            check(&mut Fixed(actual.clone()), &case, Nans::Exact),
            Verdict::Agrees,
            "{code}"
        );
        actual.probes[0] = Ending::Trap("divide by zero".into());
        let verdict = check(&mut Fixed(actual), &case, Nans::Exact);
        assert!(matches!(verdict, Verdict::Differs(_)), "{code}");
    }
}

#[test]
fn what_an_engine_does_not_support_says_nothing() {
    let case = case("(module)");
    let refused = |words: &str| Run {
        start: Ending::Refused(words.into()),
        probes: Vec::new(),
        log: Vec::new(),
    };
    let verdict = check(&mut Fixed(refused("SIMD is not supported (at 0x12)")), &case, Nans::Exact);
    let why = "unsupported: SIMD is not supported (at #x##)";
    assert_eq!(verdict, Verdict::Discarded(why.into()));
    let verdict = check(&mut Fixed(refused("type mismatch")), &case, Nans::Exact);
    assert!(matches!(verdict, Verdict::Differs(d) if d.way == Way::Refuses));
}

/// Vectors, references and calls of imported functions are compared, also where the API of an
/// engine could not pass them.
#[test]
fn all_that_can_be_seen_is_compared() {
    let text = r#"(module
        (type $s (struct (field (mut i64)) (field f32)))
        (import "env" "f" (func $f (param v128 f64 anyref) (result i32)))
        (global (export "g") (mut anyref) (ref.i31 (i32.const 5)))
        (table (export "t") 3 funcref)
        (func (export "a") (result (ref null $s))
            (struct.new $s (i64.const 7) (f32.const 2)))
        (func (export "b") (result i32)
            (call $f (v128.const i64x2 1 2) (f64.const 3) (global.get 0)))
        (func (export "c") (table.set (i32.const 1) (ref.func 3)))
        (elem declare func 3))"#;
    let base = Oracle::default().run_case(&case(text));
    assert_eq!(base.log.len(), 1);
    for (from, to) in [
        ("(i64.const 7)", "(i64.const 8)"),
        ("(i32.const 5)", "(i32.const 6)"),
        ("i64x2 1 2", "i64x2 1 3"),
        ("(f64.const 3)", "(f64.const 4)"),
        ("(table.set (i32.const 1)", "(table.set (i32.const 2)"),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text);
        assert_ne!(Oracle::default().run_case(&case(&other)), base, "{to}");
    }
}

/// The modules of differences that were found in engines still run.
#[test]
fn cases_of_engines_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/engines/cases");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = case(&std::fs::read_to_string(&path).unwrap());
        let run = Oracle::default().run_case(&case);
        assert!(run.start.is_good(), "{}: {run:?}", path.display());
        assert_eq!(run.probes.len(), case.probes.len(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 7);
}
