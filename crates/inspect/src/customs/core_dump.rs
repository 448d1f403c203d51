//! The sections of a core dump.

use wattle_ast::custom::CoreValue;
use wattle_ast::{Malformed, Name, Quoted};

use super::{Customs, Walk};

/// Reads the zero that begins a record of a core dump.
fn zero(walk: &mut Walk<'_, '_>) -> Result<(), Malformed> {
    let zero = |byte| (byte == 0).then_some(());
    walk.reader.byte_if(Malformed::ZeroByte, zero)
}

pub(super) fn core_dump(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    zero(walk)?;
    let name: Name<'_> = walk.reader.read()?;
    walk.row(0, format_args!("executable {}", Quoted(name)));
    Ok(())
}

pub(super) fn core_modules(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    for number in 0..walk.count(0, ["module", "modules"])? {
        zero(walk)?;
        let name: Name<'_> = walk.reader.read()?;
        walk.row(1, format_args!("module {number} {}", Quoted(name)));
    }
    Ok(())
}

pub(super) fn core_instances(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    for number in 0..walk.count(0, ["instance", "instances"])? {
        zero(walk)?;
        let module = walk.reader.u32()?;
        walk.row(1, format_args!("instance {number} of module {module}"));
        for what in ["memory", "global"] {
            let plural = if what == "memory" { "memories" } else { "globals" };
            for _ in 0..walk.count(2, [what, plural])? {
                let index = walk.reader.u32()?;
                walk.row(3, format_args!("{what} {index}"));
            }
        }
    }
    Ok(())
}

pub(super) fn core_stack(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    zero(walk)?;
    let thread: Name<'_> = walk.reader.read()?;
    walk.row(0, format_args!("thread {}", Quoted(thread)));
    for number in 0..walk.count(0, ["frame", "frames"])? {
        zero(walk)?;
        let [instance, func, offset] = [walk.reader.u32()?, walk.reader.u32()?, walk.reader.u32()?];
        walk.row(1, format_args!("frame {number}: instance {instance}, func {func} + {offset:#x}"));
        for what in [["local", "locals"], ["operand", "operands"]] {
            for _ in 0..walk.count(2, what)? {
                let value: CoreValue = walk.reader.read()?;
                match value {
                    CoreValue::Missing => walk.row(3, format_args!("missing")),
                    CoreValue::I32(value) => walk.row(3, format_args!("i32 {value}")),
                    CoreValue::I64(value) => walk.row(3, format_args!("i64 {value}")),
                    CoreValue::F32(value) => {
                        walk.row(3, format_args!("f32 {}", f32::from_bits(value.0)));
                    }
                    CoreValue::F64(value) => {
                        walk.row(3, format_args!("f64 {}", f64::from_bits(value.0)));
                    }
                }
            }
        }
    }
    Ok(())
}
