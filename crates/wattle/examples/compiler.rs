//! A compiler for a small language of arithmetic, where a program is a list of functions on `i64`:
//!
//! ```text
//! square(x) = x * x;
//! fib(n) = if(n < 2, n, fib(n - 1) + fib(n - 2));
//! main(a, b) = square(a) + fib(b) % 1000;
//! ```
//!
//! Operators are `* / %`, then `+ -`, then `< =`. `if` evaluates its condition and one of the two
//! operands that follow. An operator waits on a stack until its second operand is complete, so
//! instructions come in the order in which WebAssembly has them, and nothing recurses.
//!
//! ```console
//! cargo run --release --example compiler -- program.txt out.wasm
//! ```

use std::collections::HashMap;
use std::error::Error;

use wattle::ast::{BlockType, Body, FuncIdx, Instr, LocalIdx, ValType};
use wattle::encoder::{ModuleBuilder, encode};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: compiler PROGRAM OUT.wasm".into());
    };
    std::fs::write(output, compile(&std::fs::read_to_string(input)?)?)?;
    Ok(())
}

/// Compiles a program to a module that exports its functions.
pub(crate) fn compile(program: &str) -> Result<Vec<u8>, String> {
    let mut module = ModuleBuilder::new();
    let (mut funcs, mut sources) = (HashMap::new(), Vec::new());
    for source in program.split(';').filter(|source| !source.trim().is_empty()) {
        let head_and_body = source.split_once('=').and_then(|(head, body)| {
            let (name, params) = head.trim().strip_suffix(')')?.split_once('(')?;
            Some((name.trim(), params, body))
        });
        let (name, params, body) = head_and_body.ok_or(format!("not a function: {source}"))?;
        let params = params.split(',').map(str::trim).filter(|name| !name.is_empty());
        let params: Vec<&str> = params.collect();
        let ty = module.ty(params.iter().map(|_| ValType::I64), [ValType::I64]);
        let func = module.declare(ty);
        module.export(name, func.index());
        module.names().funcs.insert(func.index(), name.to_owned().into());
        funcs.insert(name, (func.index(), params.len()));
        sources.push((func, params, body));
    }
    for (func, params, body) in sources {
        let code = expr(body, &params, &funcs)?;
        module.define(func, Body::new([], code.into_iter().collect()));
    }
    let module = module.build().map_err(|error| error.to_string())?;
    Ok(encode(&module))
}

/// An entry of the stack that waits for operands: an operator with its precedence, a call with the
/// number of its operands that have begun, or a parenthesis.
enum Waiting<'p> {
    Operator(u8, &'static [Instr<'static>]),
    Call(&'p str, usize),
    Parenthesis,
}

/// The precedence and the instructions of an operator.
fn operator(token: &str) -> Option<(u8, &'static [Instr<'static>])> {
    Some(match token {
        "*" => (3, &[Instr::I64Mul]),
        "/" => (3, &[Instr::I64DivS]),
        "%" => (3, &[Instr::I64RemS]),
        "+" => (2, &[Instr::I64Add]),
        "-" => (2, &[Instr::I64Sub]),
        "<" => (1, &[Instr::I64LtS, Instr::I64ExtendI32U]),
        "=" => (1, &[Instr::I64Eq, Instr::I64ExtendI32U]),
        _ => return None,
    })
}

/// Splits a text into words and signs.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let len = match rest.find(|c| !is_word(c)) {
            Some(0) => first.len_utf8(),
            len => len.unwrap_or(rest.len()),
        };
        let (token, more) = rest.split_at(len);
        rest = more.trim_start();
        Some(token)
    })
}

type Funcs<'p> = HashMap<&'p str, (FuncIdx, usize)>;

/// Compiles an expression to instructions.
fn expr<'p>(
    text: &'p str,
    params: &[&str],
    funcs: &Funcs<'p>,
) -> Result<Vec<Instr<'static>>, String> {
    let mut code = Vec::new();
    let mut waiting = Vec::new();
    let mut wants_operand = true;
    let mut tokens = tokens(text).peekable();
    while let Some(token) = tokens.next() {
        let is_call = tokens.peek() == Some(&"(");
        if wants_operand {
            wants_operand = false;
            if let Ok(value) = token.parse() {
                code.push(Instr::I64Const { value });
            } else if let Some(local) = params.iter().position(|param| *param == token) {
                code.push(Instr::LocalGet { local: LocalIdx(local as u32) });
            } else if is_call && (token == "if" || funcs.contains_key(token)) {
                tokens.next();
                wants_operand = tokens.peek() != Some(&")");
                waiting.push(Waiting::Call(token, usize::from(wants_operand)));
            } else if token == "(" {
                waiting.push(Waiting::Parenthesis);
                wants_operand = true;
            } else {
                return Err(format!("not a value: {token}"));
            }
        } else if let Some((precedence, instrs)) = operator(token) {
            emit_operators(&mut waiting, &mut code, precedence);
            waiting.push(Waiting::Operator(precedence, instrs));
            wants_operand = true;
        } else if token == "," || token == ")" {
            emit_operators(&mut waiting, &mut code, 0);
            let is_last = token == ")";
            match waiting.pop() {
                Some(Waiting::Parenthesis) if is_last => {}
                Some(Waiting::Call(name, operands)) => {
                    emit_call(&mut code, name, operands, is_last, funcs)?;
                    if !is_last {
                        waiting.push(Waiting::Call(name, operands + 1));
                    }
                }
                _ => return Err(format!("{token} without a parenthesis before it")),
            }
            wants_operand = !is_last;
        } else {
            return Err(format!("not an operator: {token}"));
        }
    }
    emit_operators(&mut waiting, &mut code, 0);
    match waiting.is_empty() && !wants_operand {
        true => Ok([&code[..], &[Instr::End]].concat()),
        false => Err(format!("an unfinished expression:{text}")),
    }
}

/// Emits the operators on top of the stack that bind at least as strongly as an operator of this
/// precedence.
fn emit_operators(waiting: &mut Vec<Waiting<'_>>, code: &mut Vec<Instr<'_>>, precedence: u8) {
    while let Some(&Waiting::Operator(strength, instrs)) = waiting.last()
        && strength >= precedence
    {
        code.extend_from_slice(instrs);
        waiting.pop();
    }
}

/// Emits the instructions that follow an operand of a call.
fn emit_call(
    code: &mut Vec<Instr<'_>>,
    name: &str,
    operands: usize,
    is_last: bool,
    funcs: &Funcs<'_>,
) -> Result<(), String> {
    let block_type = BlockType::Value(ValType::I64);
    match (name, operands, is_last) {
        ("if", 1, false) => {
            code.extend([Instr::I64Const { value: 0 }, Instr::I64Ne, Instr::If { block_type }]);
        }
        ("if", 2, false) => code.push(Instr::Else),
        ("if", 3, true) => code.push(Instr::End),
        ("if", ..) => return Err("`if` has three operands".to_owned()),
        (_, _, false) => {}
        _ => match funcs.get(name) {
            Some(&(func, params)) if params == operands => code.push(Instr::Call { func }),
            _ => return Err(format!("{name} has another number of parameters")),
        },
    }
    Ok(())
}
