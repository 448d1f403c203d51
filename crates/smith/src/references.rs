//! References as operands: taken from a local, a global or a table, or made anew.

use wattle_ast::{AbsHeapType as H, BlockType, Catch, Encode, Features, LabelIdx, Opcode};

use crate::declarations::TABLE_MASK;
use crate::generator::{CompKind, Generator, TypeDef, TypeRun};
use crate::operands::MAX_DEPTH;
use crate::ty::Ty;
use crate::types::{ARRAY_LEN, MAX_COST};

impl Generator<'_, '_> {
    /// Makes a reference.
    pub(crate) fn produce_ref(&mut self, ty: Ty) {
        let choice = self.entropy.byte();
        // Null ends the values of recursive types, which always have a nullable part.
        if ty.is_nullable() && self.depth >= MAX_DEPTH {
            return self.null(ty);
        }
        if choice < 120 && !self.constant && self.produce_local(ty) {
            return;
        }
        if (90..150).contains(&choice) && self.produce_global(ty) {
            return;
        }
        if !self.constant && (150..190).contains(&choice) && self.produce_from_table(ty) {
            return;
        }
        if ty.is_nullable() && (200..225).contains(&choice) {
            return self.null(ty);
        }
        if !ty.is_nullable()
            && !self.constant
            && choice >= 225
            && self.has(Features::FUNCTION_REFERENCES)
            && let Some(local) = self.local_of(ty.nullable(true))
        {
            // The block returns the value of the local, or a new value when the local is null.
            self.op(Opcode::Block);
            ty.val_type().encode(&mut self.code);
            self.op_index(Opcode::LocalGet, local);
            self.op_index(Opcode::BrOnNonNull, 0);
            self.construct(ty);
            self.op(Opcode::End);
            return;
        }
        self.construct(ty);
    }

    /// Makes `table.get` of a table with elements of this type. Returns `false` when there is none.
    fn produce_from_table(&mut self, ty: Ty) -> bool {
        if !self.has(Features::REFERENCE_TYPES) {
            return false;
        }
        let mut tables = self.tables.iter().zip(0..);
        let found = tables.find(|(table, _)| self.matches(table.elem, ty));
        let Some((addr, index)) = found.map(|(table, index)| (table.addr, index)) else {
            return false;
        };
        self.bounded(addr, TABLE_MASK);
        self.complete(Opcode::TableGet, 1, &[index], Some(ty)).is_some()
    }

    /// Makes null of this type, with either its heap type or the bottom of the hierarchy as
    /// immediate.
    pub(crate) fn null(&mut self, ty: Ty) {
        let mut heap = ty;
        if self.has(Features::GC) && self.entropy.chance(60) {
            let top = self.top_of(ty).heap().unwrap_or(H::Any);
            heap = Ty::abs(top.bottom(), true);
        }
        self.op(Opcode::RefNull);
        self.heap_type(heap);
        self.push(ty);
    }

    /// Makes a reference to a new value, or null when the type has no other value.
    pub(crate) fn construct(&mut self, ty: Ty) {
        let made = match (ty.index(), ty.heap()) {
            (Some(index), _) => self.construct_defined(index),
            (None, Some(heap)) => self.construct_abs(heap),
            (None, None) => false,
        };
        if made {
            self.push(ty);
        } else {
            self.null(ty);
        }
    }

    /// Writes the code of a value of an abstract heap type, without pushing its type.
    fn construct_abs(&mut self, heap: H) -> bool {
        match heap {
            H::Any | H::Eq => self.construct_any(),
            H::I31 => self.construct_i31(),
            H::Struct => self.construct_some(CompKind::Struct),
            H::Array => self.construct_some(CompKind::Array),
            H::Func => {
                let func = self.entropy.rotation(self.funcs.len()).next();
                func.inspect(|&func| self.ref_func(func)).is_some()
            }
            H::Extern if self.has(Features::GC) => {
                if !self.construct_any() {
                    return false;
                }
                self.op(Opcode::ExternConvertAny);
                true
            }
            H::Exn if !self.constant => self.construct_exn(),
            _ => false,
        }
    }

    fn construct_any(&mut self) -> bool {
        let choice = if self.depth < MAX_DEPTH { self.entropy.byte() } else { 0 };
        let kind = match choice {
            0..128 => return self.construct_i31(),
            128..192 => CompKind::Struct,
            _ => CompKind::Array,
        };
        self.construct_some(kind) || self.construct_i31()
    }

    fn construct_i31(&mut self) -> bool {
        if !self.has(Features::GC) {
            return false;
        }
        if self.depth >= MAX_DEPTH {
            self.number_const(Ty::I32);
        } else {
            self.depth += 1;
            self.produce(Ty::I32);
            self.depth -= 1;
        }
        self.pop();
        self.op(Opcode::RefI31);
        true
    }

    /// Writes the code of a value of a random struct or array type, or of the first cheap type when
    /// that type is too expensive or values are nested too deeply.
    fn construct_some(&mut self, kind: CompKind) -> bool {
        let index = if self.depth < MAX_DEPTH { self.some_type(kind) } else { None };
        let is_cheap = |def: &TypeDef| def.kind == kind && def.cost <= MAX_COST;
        let index = index
            .filter(|&index| self.def(index).is_some_and(|def| is_cheap(&def)))
            .or_else(|| self.types.iter().position(is_cheap).map(|index| index as u32));
        index.is_some_and(|index| self.construct_defined(index))
    }

    /// Writes the code that throws and catches an exception, which gives its reference.
    fn construct_exn(&mut self) -> bool {
        let Some(tag) = self.some_tag() else { return false };
        self.op(Opcode::Block);
        Ty::abs(H::Exn, false).val_type().encode(&mut self.code);
        self.op(Opcode::TryTable);
        BlockType::Empty.encode(&mut self.code);
        self.index(1);
        Catch::AllRef(LabelIdx(0)).encode(&mut self.code);
        self.throw_leaf(tag);
        self.op(Opcode::End);
        self.op(Opcode::Unreachable);
        self.op(Opcode::End);
        true
    }

    pub(crate) fn some_tag(&mut self) -> Option<u32> {
        self.entropy.rotation(self.tags.len()).next()
    }

    /// Writes `ref.func`, and remembers that the function must be declared.
    pub(crate) fn ref_func(&mut self, func: u32) {
        self.op_index(Opcode::RefFunc, func);
        self.referenced.push(func);
    }

    /// Writes the code of a value of a defined type, without pushing its type.
    pub(crate) fn construct_defined(&mut self, index: u32) -> bool {
        let Some(def) = self.def(index) else { return false };
        match def.kind {
            CompKind::Func => {
                let Some(func) = self.func_of(index) else { return false };
                self.ref_func(func);
            }
            CompKind::Struct => {
                let defaultable = self.is_defaultable(def.params);
                if defaultable && (self.depth >= MAX_DEPTH || self.entropy.chance(110)) {
                    self.op_index(Opcode::StructNewDefault, index);
                    return true;
                }
                self.parts(def.params, def.params.len);
                self.op_index(Opcode::StructNew, index);
            }
            CompKind::Array => {
                let elem = self.type_at(def.params, 0);
                if elem.is_defaultable() && (self.depth >= MAX_DEPTH || self.entropy.chance(128)) {
                    let len = ARRAY_LEN + self.entropy.below(5) as u32;
                    self.i32_const(len as i32);
                    self.op_index(Opcode::ArrayNewDefault, index);
                    return true;
                }
                if self.entropy.chance(100) {
                    self.parts(def.params, 1);
                    let len = ARRAY_LEN + self.entropy.below(5) as u32;
                    self.i32_const(len as i32);
                    self.op_index(Opcode::ArrayNew, index);
                } else {
                    self.parts(def.params, ARRAY_LEN);
                    self.op_index(Opcode::ArrayNewFixed, index);
                    self.index(ARRAY_LEN);
                }
            }
        }
        true
    }

    pub(crate) fn is_defaultable(&self, fields: TypeRun) -> bool {
        self.types_of(fields).iter().all(|ty| ty.is_defaultable())
    }

    /// Writes the code of `count` values of the types of fields; the last type is repeated.
    fn parts(&mut self, fields: TypeRun, count: u32) {
        self.depth += 1;
        for place in 0..count {
            let ty = self.type_at(fields, place.min(fields.len.saturating_sub(1))).unpacked();
            self.produce(ty);
        }
        self.depth -= 1;
        self.take(count as usize);
    }
}
