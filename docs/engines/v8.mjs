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
  "sign-extension": "010401600000030201000a080106004100c01a0b",
  // (func f32.const 0 i32.trunc_sat_f32_s drop)
  "saturating-float-to-int": "010401600000030201000a0c010a004300000000fc001a0b",
  // (type (func (result i32 i32)))
  "multi-value": "0106016000027f7f",
  // (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill)
  "bulk-memory": "0104016000000302010005030100010a0d010b00410041004100fc0b000b",
  // (func ref.null extern drop)
  "reference-types": "010401600000030201000a07010500d06f1a0b",
  // (func v128.const i64x2 0 0 drop)
  "simd": "010401600000030201000a17011500fd0c000000000000000000000000000000001a0b",
  // (func (param v128) local.get 0 local.get 0 i8x16.relaxed_swizzle drop)
  "relaxed-simd": "01050160017b00030201000a0c010a0020002000fd80021a0b",
  // (func return_call 0)
  "tail-call": "010401600000030201000a0601040012000b",
  // (global i32 i32.const 0 i32.const 0 i32.add)
  "extended-const": "0609017f00410041006a0b",
  // (memory 1) (memory 1)
  "multi-memory": "05050200010001",
  // (memory i64 1)
  "memory64": "0503010401",
  // (type (func)) (func (param (ref 0)))
  "function-references": "0109026000006001640000030201010a040102000b",
  // (type (struct)) (func struct.new 0 drop)
  "gc": "0106025f00600000030201010a08010600fb00001a0b",
  // (func (block (result exnref) (try_table (catch_all_ref 0)) unreachable) drop)
  "exceptions": "010401600000030201000a0f010d0002691f400103000b000b1a0b",
  // (func try catch_all end)
  "legacy-exceptions": "010401600000030201000a080106000640190b0b",
  // (func atomic.fence)
  "threads": "010401600000030201000a07010500fe03000b",
  // (func (param i64) local.get 0 local.get 0 i64.mul_wide_s drop drop)
  "wide-arithmetic": "01050160017e00030201000a0c010a0020002000fc151a1a0b",
  // (memory 1 (pagesize 1))
  "custom-page-sizes": "050401080100",
};

let features = Object.keys(FEATURES).filter((name) => {
  try {
    return validate(wasm(FEATURES[name]));
  } catch {
    return false;
  }
});
// V8 takes a module with one of the two kinds of exceptions, not with both.
if (features.includes("exceptions")) {
  features = features.filter((name) => name !== "legacy-exceptions");
}
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
