//! Constants: numbers and vectors, often at the edges of ranges.

use wattle_ast::Opcode;

use crate::generator::Generator;
use crate::ty::Ty;

/// The bits of the sign, of infinity and of the canonical NaN of a float type.
fn float_parts(ty: Ty) -> [u64; 3] {
    match ty {
        Ty::F64 => [1 << 63, f64::INFINITY.to_bits(), 0x7ff8 << 48],
        _ => [1 << 31, f32::INFINITY.to_bits().into(), 0x7fc0 << 16],
    }
}

impl Generator<'_, '_> {
    /// Makes a constant of a number or vector type. Values at the edges of ranges are frequent.
    pub(crate) fn number_const(&mut self, ty: Ty) {
        match ty {
            Ty::I64 => {
                let value = self.integer();
                self.address_const(ty, value);
            }
            Ty::F32 | Ty::F64 => {
                let bits = self.float_bits(ty);
                self.float_const(ty, bits);
            }
            Ty::V128 => {
                let halves = [self.entropy.u64(), self.entropy.u64()];
                self.op(Opcode::V128Const);
                halves.iter().for_each(|half| self.code.extend_from_slice(&half.to_le_bytes()));
            }
            _ => {
                let value = self.integer() as i32;
                self.i32_const(value);
            }
        }
        self.push(ty);
    }

    /// Writes a float constant.
    pub(crate) fn float_const(&mut self, ty: Ty, bits: u64) {
        self.op(if ty == Ty::F64 { Opcode::F64Const } else { Opcode::F32Const });
        self.float(ty, bits);
    }

    /// Writes the bytes of a float.
    pub(crate) fn float(&mut self, ty: Ty, bits: u64) {
        match ty {
            Ty::F64 => self.code.extend_from_slice(&bits.to_le_bytes()),
            _ => self.code.extend_from_slice(&(bits as u32).to_le_bytes()),
        }
    }

    /// The bits of the canonical NaN of a float type.
    pub(crate) fn canonical_nan(ty: Ty) -> u64 {
        let [_, _, nan] = float_parts(ty);
        nan
    }

    fn integer(&mut self) -> i64 {
        const EDGES: [i64; 10] = [
            0,
            -1,
            i64::MAX,
            i64::MIN,
            i32::MAX as i64,
            i32::MIN as i64,
            0x7fff,
            -0x8000,
            1 << 32,
            0x8000_8000,
        ];
        let choice = self.entropy.byte();
        match choice {
            0..140 => i64::from(choice) - 20,
            140..200 => i64::from(self.entropy.u16() as i16),
            200..220 => i64::from(self.entropy.u32() as i32),
            220..230 => self.entropy.u64() as i64,
            _ => self.entropy.pick(&EDGES).unwrap_or(0),
        }
    }

    /// The bits of a float. A NaN is canonical when the configuration says so.
    pub(crate) fn float_bits(&mut self, ty: Ty) -> u64 {
        let [sign_bit, infinity, nan] = float_parts(ty);
        let choice = self.entropy.byte();
        let sign = u64::from(choice & 1) * sign_bit;
        match choice {
            0..150 => {
                let value = f32::from(choice) / 4.0 - 10.0;
                if ty == Ty::F64 { f64::from(value).to_bits() } else { value.to_bits().into() }
            }
            150..164 => infinity | sign,
            164..178 => nan,
            178..204 => sign,
            _ => {
                let is_f64 = ty == Ty::F64;
                let bits = if is_f64 { self.entropy.u64() } else { self.entropy.u32().into() };
                let is_nan = bits & !sign_bit > infinity;
                if is_nan && self.config.canonical_nans { nan } else { bits }
            }
        }
    }
}
