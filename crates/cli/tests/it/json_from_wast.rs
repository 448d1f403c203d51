//! `wattle json-from-wast`: the JSON and the files have all of the script.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use wattle::script::{Options, run};
use wattle_tests::features::features;
use wattle_tests::suite;

use crate::{wattle, wattle_in};

fn text(json: &Json, key: &str) -> String {
    json[key].as_str().unwrap_or_else(|| panic!("no {key} in {json}")).to_owned()
}

/// Returns a string literal of any bytes.
fn literal(bytes: impl AsRef<[u8]>) -> String {
    let mut literal = String::from("\"");
    for byte in bytes.as_ref() {
        write!(literal, "\\{byte:02x}").unwrap();
    }
    literal + "\""
}

fn float(ty: &str, bits: &str) -> String {
    match bits {
        "nan:canonical" | "nan:arithmetic" => bits.to_owned(),
        _ if ty == "f32" => {
            let bits: u32 = bits.parse().unwrap();
            let sign = if bits >> 31 == 1 { "-" } else { "" };
            match f32::from_bits(bits) {
                value if value.is_nan() => format!("{sign}nan:{:#x}", bits & 0x7f_ffff),
                value => format!("{value}"),
            }
        }
        _ => {
            let bits: u64 = bits.parse().unwrap();
            let sign = if bits >> 63 == 1 { "-" } else { "" };
            match f64::from_bits(bits) {
                value if value.is_nan() => format!("{sign}nan:{:#x}", bits & 0xf_ffff_ffff_ffff),
                value => format!("{value}"),
            }
        }
    }
}

/// Returns a value or a pattern as it is in a script.
fn constant(json: &Json, is_pattern: bool) -> String {
    let ty = text(json, "type");
    let value = json["value"].as_str();
    match (&*ty, value) {
        ("i32" | "i64", Some(value)) => format!("({ty}.const {value})"),
        ("f32" | "f64", Some(bits)) => format!("({ty}.const {})", float(&ty, bits)),
        ("v128", _) => {
            let lane = text(json, "lane_type");
            let lanes = json["value"].as_array().unwrap();
            let mut vector = format!("(v128.const {lane}x{}", lanes.len());
            for bits in lanes {
                let bits = bits.as_str().unwrap();
                let is_float = lane.starts_with('f');
                let lane = if is_float { float(&lane, bits) } else { bits.to_owned() };
                write!(vector, " {lane}").unwrap();
            }
            vector + ")"
        }
        ("either", _) => {
            let all = json["values"].as_array().unwrap().iter();
            let all: String = all.map(|json| constant(json, is_pattern)).collect();
            format!("(either {all})")
        }
        ("refnull", None) => "(ref.null)".to_owned(),
        ("funcref", Some("0")) if is_pattern => "(ref.func)".to_owned(),
        ("externref", Some(number)) if number != "null" => format!("(ref.extern {number})"),
        ("anyref", Some(number)) if number != "null" => format!("(ref.host {number})"),
        (_, Some("null")) => format!("(ref.null {})", ty.strip_suffix("ref").unwrap()),
        ("nullref", None) => "(ref.null none)".to_owned(),
        ("nullfuncref", None) => "(ref.null nofunc)".to_owned(),
        ("nullexternref", None) => "(ref.null noextern)".to_owned(),
        ("nullexnref", None) => "(ref.null noexn)".to_owned(),
        ("nullcontref", None) => "(ref.null nocont)".to_owned(),
        (ty, None) if is_pattern => format!("(ref.{})", ty.strip_suffix("ref").unwrap()),
        (ty, None) => format!("(ref.null {})", ty.strip_suffix("ref").unwrap()),
        _ => panic!("{json}"),
    }
}

fn action(json: &Json) -> String {
    let json = &json["action"];
    let module = json["module"].as_str().unwrap_or_default();
    let args = json["args"].as_array().into_iter().flatten();
    let args: String = args.map(|arg| constant(arg, false)).collect();
    format!("({} {module} {} {args})", text(json, "type"), literal(text(json, "field")))
}

fn patterns(json: &Json) -> String {
    json.as_array().unwrap().iter().map(|json| constant(json, true)).collect()
}

/// Returns the module of a command as it is in a script.
fn module(json: &Json, folder: &Path) -> String {
    let content = literal(fs::read(folder.join(text(json, "filename"))).unwrap());
    let definition = if json["definition"].is_string() { "definition" } else { "" };
    let name = json["name"].as_str().unwrap_or_default();
    let kind = if json["module_type"] == "text" { "quote" } else { "binary" };
    format!("(module {definition} {name} {kind} {content})")
}

/// Returns the script that the JSON describes.
fn script(json: &Json, folder: &Path) -> String {
    let mut script = String::new();
    for json in json.as_array().unwrap() {
        let ty = text(json, "type");
        let message = json["text"].as_str().map_or(String::new(), literal);
        script += &match &*ty {
            "module" => module(json, folder),
            "instance" => {
                let word = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
                format!("(module instance {} {})", word("instance"), word("definition"))
            }
            "register" => {
                format!(
                    "(register {} {})",
                    literal(text(json, "as")),
                    json["name"].as_str().unwrap_or_default()
                )
            }
            "action" => action(json),
            "assert_return" if json["either"].is_array() => {
                format!("(assert_return {} (either {}))", action(json), patterns(&json["either"]))
            }
            "assert_return" => {
                format!("(assert_return {} {})", action(json), patterns(&json["expected"]))
            }
            "assert_uninstantiable" => format!("(assert_trap {} {message})", module(json, folder)),
            "thread" => {
                let shared = json["shared_module"].as_str();
                let shared = shared.map_or(String::new(), |id| format!("(shared (module {id}))"));
                let inner = self::script(&json["commands"], folder);
                format!("(thread {} {shared} {inner})", text(json, "name"))
            }
            "wait" => format!("(wait {})", text(json, "thread")),
            assertion if json["action"].is_object() => {
                format!("({assertion} {} {message})", action(json))
            }
            assertion => format!("({assertion} {} {message})", module(json, folder)),
        };
        script.push('\n');
    }
    script
}

#[test]
fn the_json_of_a_script_says_all_that_the_script_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut scripts, mut passed) = (0, 0);
    for file in suite::files() {
        let features = features(file);
        let list: Vec<_> = features.iter().map(|feature| feature.to_string()).collect();
        // Each script has a folder of its own, so that no file replaces another, which is slow on
        // some file systems.
        let folder = folder.path().join(scripts.to_string());
        fs::create_dir(&folder).unwrap();
        let output = folder.join("s.json");
        let path = file.path.display().to_string();
        let args = [
            "json-from-wast",
            &path,
            "-o",
            &output.display().to_string(),
            "--features",
            &list.join(","),
        ];
        let ran = wattle(&args, b"");
        assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{file}");
        let json: Json = serde_json::from_slice(&fs::read(&output).unwrap()).unwrap();
        assert_eq!(text(&json, "source_filename"), path);
        let rebuilt = script(&json["commands"], &folder);
        let options = || Options { features, ..Options::default() };
        let expected = run(&file.read(), options()).unwrap();
        let found = run(rebuilt.as_bytes(), options());
        let found = found.unwrap_or_else(|errors| panic!("{file}: {errors}"));
        let counts = |report: &wattle::script::Report| (report.passed, report.failures.len());
        assert_eq!(counts(&found), counts(&expected), "{file}");
        scripts += 1;
        passed += found.passed;
    }
    assert!(scripts >= 200 && passed >= 50_000, "{scripts} {passed}");
}

#[test]
fn files_are_named_after_the_json_and_names_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let script = "(module $M (func $f (export \"a\\\"\\n\") (result funcref) (ref.null func)))\n\
                  (assert_return (invoke \"a\\\"\\n\") (ref.null func))\n\
                  (assert_malformed (module quote \"(func\") \"unexpected\")";
    fs::write(folder.path().join("in.wast"), script).unwrap();
    let ran = wattle_in(folder.path(), &["wast2json", "in.wast"], b"");
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
    let json = fs::read_to_string(folder.path().join("in.json")).unwrap();
    assert_eq!(
        json,
        "{\"source_filename\": \"in.wast\",\n \"commands\": [\n  \
         {\"type\": \"module\", \"line\": 1, \"name\": \"$M\", \"filename\": \"in.0.wasm\"},\n  \
         {\"type\": \"assert_return\", \"line\": 2, \"action\": {\"type\": \"invoke\", \"field\": \
         \"a\\u0022\\u000a\", \"args\": []}, \"expected\": [{\"type\": \"funcref\", \"value\": \"null\"}]},\n  \
         {\"type\": \"assert_malformed\", \"line\": 3, \"filename\": \"in.1.wat\", \"text\": \
         \"unexpected\", \"module_type\": \"text\"}]}\n"
    );
    assert_eq!(fs::read_to_string(folder.path().join("in.1.wat")).unwrap(), "(func");
    let without = fs::read(folder.path().join("in.0.wasm")).unwrap();
    let args = ["wast2json", "in.wast", "-o", "out.json", "--debug-names", "--wasm-dir", "."];
    assert_eq!(wattle_in(folder.path(), &args, b"").code, Some(0));
    let with = fs::read(folder.path().join("out.0.wasm")).unwrap();
    assert!(with.len() > without.len());
    let ran = wattle(&["wast2json", "-"], b"(assert_return)");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("<stdin>:1:15"), "{}", ran.err);
}
