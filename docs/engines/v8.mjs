// V8 as an engine for `wattle fuzz`: the line protocol over standard input and output.
//
//     wattle fuzz --engine 'v8=node docs/engines/v8.mjs'
//
// It says which features it has by trying a small module for each. Flags of V8 add to them:
// `--engine 'v8=node --experimental-wasm-gc docs/engines/v8.mjs'`.

import { createInterface } from "node:readline";
import { writeSync } from "node:fs";

const { Module, Instance, validate } = WebAssembly;

const bytes = (hex) => Buffer.from(hex, "hex");
const wasm = (sections) => bytes("0061736d01000000" + sections);

// One module for each feature, by the names that Wattle has for them.
const FEATURES = {
  // (func i32.const 0 i32.extend8_s drop)
  "sign-extension": "0104016000000302010" + "00a08010600" + "4100c01a0b",
  // (func f32.const 0 i32.trunc_sat_f32_s drop)
  "saturating-float-to-int": "01040160000003020100" + "0a0c010a00" + "4300000000fc001a0b",
  // (type (func (result i32 i32)))
  "multi-value": "0106016000027f7f",
  // (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill)
  "bulk-memory": "010401600000030201000503010001" + "0a0d010b00" + "410041004100fc0b000b",
  // (func ref.null extern drop)
  "reference-types": "01040160000003020100" + "0a07010500" + "d06f1a0b",
  // (func v128.const i64x2 0 0 drop)
  "simd": "01040160000003020100" + "0a17011500" + "fd0c" + "00".repeat(16) + "1a0b",
  // (func v128.const v128.const i8x16.relaxed_swizzle drop)
  "relaxed-simd":
    "01040160000003020100" + "0a2c012a00" + ("fd0c" + "00".repeat(16)).repeat(2) + "fd80021a0b",
  // (func return_call 0)
  "tail-call": "01040160000003020100" + "0a06010400" + "12000b",
  // (global i32 i32.const 0 i32.const 0 i32.add)
  "extended-const": "060901" + "7f00410041006a0b",
  // (memory 1) (memory 1)
  "multi-memory": "050502" + "00010001",
  // (memory i64 1)
  "memory64": "050301" + "0401",
  // (type (func)) (func (param (ref 0)))
  "function-references": "010802600000" + "60016400" + "00" + "0302" + "0101" + "0a0401" + "02000b",
  // (type (struct))
  "gc": "0103015f00",
  // (tag) (func (block (result exnref) (try_table (catch_all_ref 0)) unreachable) drop)
  "exceptions":
    "0104016000000302" + "0100" + "0d03010000" + "0a10010e00" + "02691f40010300" + "0b" + "000b1a0b",
  // (func try catch_all end)
  "legacy-exceptions": "01040160000003020100" + "0a08010600" + "0640190b0b",
  // (memory 1 1 shared) (func atomic.fence)
  "threads": "01040160000003020100" + "050401030101" + "0a07010500" + "fe03000b",
};

const features = Object.keys(FEATURES).filter((name) => {
  try {
    return validate(wasm(FEATURES[name]));
  } catch {
    return false;
  }
});
const say = (line) => {
  const data = Buffer.from(JSON.stringify(line) + "\n");
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(1, data, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
};
const hex = (number) => "0x" + BigInt.asUintN(64, number).toString(16);

const outcome = (error) => {
  if (error instanceof WebAssembly.Exception) return { exception: "" };
  return { message: `${error?.name}: ${error?.message}` };
};

function run(request) {
  const log = [];
  const host = {
    host: { log: (place, hash) => void log.push([place >>> 0, hex(hash)]) },
  };
  let adapter;
  try {
    const imports = {};
    if (request.provider) {
      const provider = new Instance(new Module(bytes(request.provider)), host);
      request.imports.forEach(([module, name], place) => {
        imports[module] ??= Object.create(null);
        imports[module][name] = provider.exports[place];
      });
    }
    const instance = new Instance(new Module(bytes(request.module)), imports);
    adapter = new Instance(new Module(bytes(request.adapter)), { m: instance.exports });
  } catch (error) {
    return { start: outcome(error), probes: [], log };
  }
  const probes = [];
  for (const probe of request.probes) {
    try {
      const result = adapter.exports[probe]();
      const list = result === undefined ? [] : Array.isArray(result) ? result : [result];
      probes.push({ values: list.map(hex) });
    } catch (error) {
      probes.push(outcome(error));
      // Nothing is certain after that.
      if (error instanceof RangeError) break;
    }
  }
  return { start: { values: [] }, probes, log };
}

say({ wattle: 1, name: `V8 ${process.versions.v8}`, features: ["wasm1", ...features].join(",") });
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = run(JSON.parse(line));
  } catch (error) {
    answer = { start: { broken: String(error) }, probes: [], log: [] };
  }
  say(answer);
}
