//! `instrument` of `crates/wattle/examples`, with wasmparser and wasm-encoder.

use std::convert::Infallible;
use std::error::Error;

use wasm_encoder::reencode::{Error as ReencodeError, Reencode, utils};
use wasm_encoder::{
    CodeSection, EntityType, ImportSection, Instruction, Module, SectionId, TypeSection, ValType,
};
use wasmparser::{
    CustomSectionReader, FunctionBody, ImportSectionReader, KnownCustom, Parser, TypeRef,
    TypeSectionReader,
};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: instrument_wasm_encoder IN.wasm OUT.wasm".into());
    };
    let mut module = Module::new();
    let bytes = std::fs::read(input)?;
    Instrument::default().parse_core_module(&mut module, Parser::new(0), &bytes)?;
    std::fs::write(output, module.finish())?;
    Ok(())
}

type Result<T, E = ReencodeError<Infallible>> = std::result::Result<T, E>;

/// Puts the hook and its type before all others, so that the indices of both spaces grow by one.
#[derive(Default)]
struct Instrument {
    has_type: bool,
    has_import: bool,
    /// The index that the next function had.
    func: u32,
}

impl Instrument {
    fn types(&mut self) -> TypeSection {
        self.has_type = true;
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], []);
        types
    }

    fn imports(&mut self) -> ImportSection {
        self.has_import = true;
        let mut imports = ImportSection::new();
        imports.import("hooks", "visit", EntityType::Function(0));
        imports
    }
}

impl Reencode for Instrument {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32> {
        Ok(ty + 1)
    }

    fn function_index(&mut self, func: u32) -> Result<u32> {
        Ok(func + 1)
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<()> {
        *types = self.types();
        utils::parse_type_section(self, types, section)
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        for import in section.clone().into_imports() {
            self.func += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
        }
        *imports = self.imports();
        utils::parse_import_section(self, imports, section)
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<()> {
        if !self.has_type && before != Some(SectionId::Type) {
            module.section(&self.types());
        }
        if !self.has_import && !matches!(before, Some(SectionId::Type | SectionId::Import)) {
            module.section(&self.imports());
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<()> {
        let visit = [Instruction::I32Const(self.func as i32), Instruction::Call(0)];
        self.func += 1;
        let mut func = self.new_function_with_parsed_locals(&body)?;
        visit.iter().for_each(|instr| _ = func.instruction(instr));
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let instr = self.parse_instruction(&mut operators)?;
            func.instruction(&instr);
            if matches!(instr, Instruction::Loop(_)) {
                visit.iter().for_each(|instr| _ = func.instruction(instr));
            }
        }
        code.function(&func);
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Result<()> {
        let is_stale = match section.as_known() {
            KnownCustom::Reloc(_) | KnownCustom::Linking(_) | KnownCustom::BranchHints(_) => true,
            _ => section.name().starts_with(".debug_") || section.name() == "sourceMappingURL",
        };
        if is_stale {
            eprintln!("warning: {} is left out", section.name());
            return Ok(());
        }
        utils::parse_custom_section(self, module, section)
    }
}
