//! `compiler` of `crates/wattle/examples`, with wasm-encoder.

use std::collections::HashMap;
use std::error::Error;

use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction,
    Module, NameMap, NameSection, TypeSection, ValType,
};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: compiler_wasm_encoder PROGRAM OUT.wasm".into());
    };
    std::fs::write(output, compile(&std::fs::read_to_string(input)?)?)?;
    Ok(())
}

/// Compiles a program to a module that exports its functions.
fn compile(program: &str) -> Result<Vec<u8>, String> {
    let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
    let (mut exports, mut func_names) = (ExportSection::new(), NameMap::new());
    let (mut funcs, mut sources) = (HashMap::new(), Vec::new());
    for source in program.split(';').filter(|source| !source.trim().is_empty()) {
        let head_and_body = source.split_once('=').and_then(|(head, body)| {
            let (name, params) = head.trim().strip_suffix(')')?.split_once('(')?;
            Some((name.trim(), params, body))
        });
        let (name, params, body) = head_and_body.ok_or(format!("not a function: {source}"))?;
        let params = params.split(',').map(str::trim).filter(|name| !name.is_empty());
        let params: Vec<&str> = params.collect();
        // Each function has the type of its own index.
        let func = functions.len();
        types.ty().function(params.iter().map(|_| ValType::I64), [ValType::I64]);
        functions.function(func);
        exports.export(name, ExportKind::Func, func);
        func_names.append(func, name);
        if funcs.insert(name, (func, params.len())).is_some() {
            return Err(format!("duplicate export name: {name}"));
        }
        sources.push((params, body));
    }
    let mut code = CodeSection::new();
    for (params, body) in sources {
        code.function(&expr(body, &params, &funcs)?);
    }
    let mut names = NameSection::new();
    names.functions(&func_names);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code).section(&names);
    Ok(module.finish())
}

/// An entry of the stack that waits for operands: an operator with its precedence, a call with the
/// number of its operands that have begun, or a parenthesis.
enum Waiting<'p> {
    Operator(u8, &'static [Instruction<'static>]),
    Call(&'p str, usize),
    Parenthesis,
}

/// The precedence and the instructions of an operator.
fn operator(token: &str) -> Option<(u8, &'static [Instruction<'static>])> {
    Some(match token {
        "*" => (3, &[Instruction::I64Mul]),
        "/" => (3, &[Instruction::I64DivS]),
        "%" => (3, &[Instruction::I64RemS]),
        "+" => (2, &[Instruction::I64Add]),
        "-" => (2, &[Instruction::I64Sub]),
        "<" => (1, &[Instruction::I64LtS, Instruction::I64ExtendI32U]),
        "=" => (1, &[Instruction::I64Eq, Instruction::I64ExtendI32U]),
        _ => return None,
    })
}

/// The words and signs of a text.
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

type Funcs<'p> = HashMap<&'p str, (u32, usize)>;

/// The instructions of an expression.
fn expr<'p>(text: &'p str, params: &[&str], funcs: &Funcs<'p>) -> Result<Function, String> {
    let mut code = Function::new([]);
    let mut waiting = Vec::new();
    let mut wants_operand = true;
    let mut tokens = tokens(text).peekable();
    while let Some(token) = tokens.next() {
        let is_call = tokens.peek() == Some(&"(");
        if wants_operand {
            wants_operand = false;
            if let Ok(value) = token.parse() {
                code.instruction(&Instruction::I64Const(value));
            } else if let Some(local) = params.iter().position(|param| *param == token) {
                code.instruction(&Instruction::LocalGet(local as u32));
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
        true => {
            code.instruction(&Instruction::End);
            Ok(code)
        }
        false => Err(format!("an unfinished expression:{text}")),
    }
}

/// Emits the operators on top of the stack that bind at least as strongly as the next operator.
fn emit_operators(waiting: &mut Vec<Waiting<'_>>, code: &mut Function, precedence: u8) {
    while let Some(&Waiting::Operator(strength, instrs)) = waiting.last()
        && strength >= precedence
    {
        instrs.iter().for_each(|instr| _ = code.instruction(instr));
        waiting.pop();
    }
}

/// Emits the instructions that follow an operand of a call.
fn emit_call(
    code: &mut Function,
    name: &str,
    operands: usize,
    is_last: bool,
    funcs: &Funcs<'_>,
) -> Result<(), String> {
    match (name, operands, is_last) {
        ("if", 1, false) => {
            let block_type = BlockType::Result(ValType::I64);
            let instrs =
                [Instruction::I64Const(0), Instruction::I64Ne, Instruction::If(block_type)];
            instrs.iter().for_each(|instr| _ = code.instruction(instr));
        }
        ("if", 2, false) => _ = code.instruction(&Instruction::Else),
        ("if", 3, true) => _ = code.instruction(&Instruction::End),
        ("if", ..) => return Err("`if` has three operands".to_owned()),
        (_, _, false) => {}
        _ => match funcs.get(name) {
            Some(&(func, params)) if params == operands => {
                code.instruction(&Instruction::Call(func));
            }
            _ => return Err(format!("{name} has another number of parameters")),
        },
    }
    Ok(())
}
