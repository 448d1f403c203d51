//! Definitions as text. Types are in `types.rs`, canonical definitions in `canons.rs`.

use core::fmt;
use core::mem::take;

use wattle_ast::components::{
    Alias, CoreInstance, Definition, Export, ExternDesc, ExternName, Instance, Names, Scope, Sort,
    SortIdx, Start, TypeBound, Value, ValueBound,
};
use wattle_ast::custom::Producers;
use wattle_ast::{Encode, Module, Name};

use super::names::NameText;
use super::printer::Printer;
use super::values;
use crate::config::Config;
use crate::printer::{HandOn, byte_string};
use crate::{custom_text, numbers, printer};

impl<'c> Printer<'c> {
    /// Prints the definition at a place in the list.
    pub(super) fn definition(
        &mut self,
        place: usize,
        definition: &'c Definition<'c>,
        hand_on: HandOn<'_>,
    ) -> fmt::Result {
        match definition {
            Definition::End => return self.close(hand_on),
            Definition::Component => {
                self.begin(place, "(component");
                let sort = Sort::COMPONENT;
                self.define(sort);
                let name = self.name_of_next(sort);
                self.open_component(Some(name));
                return Ok(());
            }
            Definition::CoreModule(module) => self.core_module(place, module, hand_on)?,
            Definition::CoreInstance(instance) => self.core_instance(place, instance),
            Definition::CoreType(ty) => {
                if self.core_type(place, ty, hand_on)? {
                    return Ok(());
                }
            }
            Definition::Instance(instance) => self.instance(place, instance),
            Definition::Alias(alias) => self.alias(place, alias),
            Definition::Type(ty) => {
                self.begin(place, "(type");
                self.define(Sort::TYPE);
                self.type_definition(ty);
                if let Some(kind) = definition.opens() {
                    self.open_type(kind);
                    return Ok(());
                }
            }
            Definition::Canon(canon) => self.canon(place, canon),
            Definition::Start(start) => self.start(place, start),
            Definition::Import(import) => {
                self.begin(place, "(import");
                self.extern_name(&import.name);
                self.extern_desc(&import.ty, true);
            }
            Definition::Export(export) => self.export(place, export),
            Definition::Value(value) => self.value(place, value, hand_on)?,
            Definition::Custom(custom) => {
                let content = custom.data.bytes().unwrap_or_default();
                self.custom(place, &custom.name, content, hand_on)?;
            }
            Definition::Names(names) => {
                if !self.names(place, names, hand_on)? {
                    return Ok(());
                }
            }
            Definition::ExportDecl(export) => {
                self.begin(place, "(export");
                self.extern_name(&export.name);
                self.extern_desc(&export.ty, true);
            }
            Definition::CoreImportDecl(import) => {
                self.begin(place, "(import");
                self.name(&import.module);
                self.name(&import.name);
                self.core_extern_type(&import.ty);
            }
            Definition::CoreExportDecl(export) => {
                self.begin(place, "(export");
                self.name(&export.name);
                self.core_extern_type(&export.ty);
            }
            // All definitions of this version are listed above; the enum may grow in another
            // version.
            _ => return Ok(()),
        }
        self.end(definition, hand_on)
    }

    /// The name of the next index of a sort.
    fn name_of_next(&self, sort: Sort) -> Option<Name<'c>> {
        let scope = self.scope()?;
        scope.name(sort, scope.len(sort)).cloned()
    }

    fn core_module(
        &mut self,
        place: usize,
        module: &Module<'_>,
        hand_on: HandOn<'_>,
    ) -> fmt::Result {
        self.begin(place, "(core module");
        let sort = Sort::CORE_MODULE;
        self.define(sort);
        let name = self.name_of_next(sort);
        let level = self.config.level.saturating_add(self.depth());
        let all = self.config.module_comments.as_deref().unwrap_or_default();
        let comments = all.get(self.modules).cloned();
        self.modules += 1;
        let config = Config { level, comments, ..self.config.clone() };
        let mut printer = printer::Printer::new(module, &config);
        printer.id = Some(name);
        printer.start = self.offsets.of_module(place).unwrap_or(0);
        printer.out = take(&mut self.out);
        let printed = printer.fields(hand_on);
        self.out = take(&mut printer.out);
        self.is_legible &= printer.is_legible;
        // The fields include the closing parenthesis, but `end` prints one for every definition.
        self.out.pop();
        printed
    }

    fn core_instance(&mut self, place: usize, instance: &CoreInstance<'_>) {
        self.begin(place, "(core instance");
        self.define(Sort::CORE_INSTANCE);
        match instance {
            CoreInstance::Instantiate { module, args } => {
                self.str(" (instantiate");
                self.reference(*module);
                self.lines_of("with", args, |printer, arg| {
                    printer.name(&arg.name);
                    printer.reference_form("instance", arg.instance);
                });
                self.str(")");
            }
            CoreInstance::Exports(exports) => {
                self.lines_of("export", exports, |printer, export| {
                    printer.name(&export.name);
                    printer.reference_form(export.item.sort().keyword(), export.item);
                });
            }
        }
    }

    fn instance(&mut self, place: usize, instance: &Instance<'_>) {
        self.begin(place, "(instance");
        self.define(Sort::INSTANCE);
        match instance {
            Instance::Instantiate { component, args } => {
                self.str(" (instantiate");
                self.reference(*component);
                self.lines_of("with", args, |printer, arg| {
                    printer.name(&arg.name);
                    printer.item(arg.item);
                });
                self.str(")");
            }
            Instance::Exports(exports) => {
                self.lines_of("export", exports, |printer, export| {
                    printer.extern_name(&export.name);
                    printer.item(export.item);
                });
            }
        }
    }

    fn alias(&mut self, place: usize, alias: &Alias<'_>) {
        self.begin(place, "(alias");
        match alias {
            Alias::Export { instance, name, .. } => {
                self.str(" export");
                self.reference(*instance);
                self.name(name);
            }
            Alias::CoreExport { instance, name, .. } => {
                self.str(" core export");
                self.reference(*instance);
                self.name(name);
            }
            Alias::Outer { count, item } => {
                self.str(" outer");
                numbers::spaced(&mut self.out, (*count).into());
                self.reference_out(*count as usize, *item);
            }
        }
        let sort = alias.sort();
        let in_module_type = self.scope().is_some_and(|scope| scope.kind == Scope::ModuleType);
        match in_module_type && sort == Sort::CORE_TYPE {
            true => self.str(" (type"),
            false => self.sort(sort),
        }
        self.define(sort);
        self.str(")");
    }

    fn start(&mut self, place: usize, start: &Start) {
        self.begin(place, "(start");
        self.reference(start.func);
        for arg in &start.args {
            self.item((*arg).into());
        }
        let sort = Sort::VALUE;
        if !self.results.are_listed(start) {
            self.str(" (result");
            numbers::repeat(&mut self.out, start.results);
            self.str(" (value))");
            return;
        }
        let first = self.scope().map_or(0, |scope| scope.len(sort));
        for index in (first..=u32::MAX).take(start.results as usize) {
            self.str(" (result (value");
            self.define_at(sort, index);
            self.str("))");
        }
    }

    fn export(&mut self, place: usize, export: &Export<'_>) {
        self.begin(place, "(export");
        self.define(export.item.sort());
        self.extern_name(&export.name);
        self.item(export.item);
        if let Some(ty) = &export.ty {
            self.extern_desc(ty, false);
        }
    }

    fn value(&mut self, place: usize, value: &Value<'_>, hand_on: HandOn<'_>) -> fmt::Result {
        self.begin(place, "(value");
        self.define(Sort::VALUE);
        self.val_type(value.ty);
        if !self.config.skeleton {
            self.types.advance(self.definitions.get(..place).unwrap_or_default());
            if let Some(literal) = values::literal(value, &self.types, self.definitions) {
                self.out.extend_from_slice(&literal);
                return Ok(());
            }
        }
        self.str(" (binary ");
        byte_string(&mut self.out, &value.bytes, self.config.skeleton, hand_on)?;
        self.str(")");
        Ok(())
    }

    /// Prints a name section. Returns whether any text was printed.
    fn names(
        &mut self,
        place: usize,
        names: &Names<'_>,
        hand_on: HandOn<'_>,
    ) -> Result<bool, fmt::Error> {
        let scope = self.scope().filter(|scope| scope.kind == Scope::Component);
        if scope.is_none_or(|scope| matches!(scope.name_text, NameText::Sections)) {
            self.custom(place, Names::NAME, &names.to_bytes(), hand_on)?;
            return Ok(true);
        }
        let Some(mark) = self.take_mark() else { return Ok(false) };
        self.begin(place, "(@names");
        self.mark(&mark, hand_on)?;
        Ok(true)
    }

    /// Prints a custom section.
    fn custom(
        &mut self,
        place: usize,
        name: &str,
        content: &[u8],
        hand_on: HandOn<'_>,
    ) -> fmt::Result {
        if name == Producers::NAME
            && !self.config.skeleton
            && let Some(section) = custom_text::producers_in(content)
        {
            self.begin(place, "(@producers");
            let level = self.depth() + 1;
            custom_text::producers(&mut self.out, &self.lines, level, &section);
            self.line(0);
            return Ok(());
        }
        self.begin(place, "(@custom");
        self.name(name);
        self.str(" ");
        byte_string(&mut self.out, content, self.config.skeleton, hand_on)
    }

    /// Appends the content of an annotation with names.
    pub(super) fn mark(&mut self, content: &[u8], hand_on: HandOn<'_>) -> fmt::Result {
        if content.is_empty() {
            return Ok(());
        }
        self.str(" ");
        byte_string(&mut self.out, content, self.config.skeleton, hand_on)
    }

    /// Appends ` "name"`, with attributes.
    fn extern_name(&mut self, name: &ExternName<'_>) {
        self.name(&name.name);
        let attributes = name.attributes();
        for (keyword, attribute) in [
            ("implements", &attributes.implements),
            ("version-suffix", &attributes.version_suffix),
            ("external-id", &attributes.external_id),
        ] {
            if let Some(value) = attribute {
                self.form(keyword, |printer| printer.name(value));
            }
        }
    }

    /// Appends ` (core module`, without a closing parenthesis.
    pub(super) fn sort(&mut self, sort: Sort) {
        self.str(if let Sort::Core(_) = sort { " (core " } else { " (" });
        self.str(sort.keyword());
    }

    /// Appends ` (func $f)`.
    pub(super) fn item(&mut self, item: SortIdx) {
        self.sort(item.sort());
        self.reference(item);
        self.str(")");
    }

    /// Appends ` (func $f (;0;) (type 1))`, without identifier and index unless `defines` is set.
    fn extern_desc(&mut self, ty: &ExternDesc, defines: bool) {
        self.sort(ty.sort());
        if defines {
            self.define(ty.sort());
        }
        match *ty {
            ExternDesc::CoreModule(ty) => self.type_ref(ty),
            ExternDesc::Func(ty) | ExternDesc::Component(ty) | ExternDesc::Instance(ty) => {
                self.type_ref(ty);
            }
            ExternDesc::Value(ValueBound::Eq(value)) => self.reference_form("eq", value),
            ExternDesc::Value(ValueBound::Type(ty)) => self.bound_type(ty),
            ExternDesc::Type(TypeBound::Eq(ty)) => self.reference_form("eq", ty),
            ExternDesc::Type(TypeBound::Resource) => self.str(" (sub resource)"),
        }
        self.str(")");
    }

    /// Appends ` (type 5)`.
    pub(super) fn type_ref(&mut self, ty: impl Into<SortIdx>) {
        self.reference_form("type", ty);
    }

    /// Appends ` (memory $m)`.
    pub(super) fn reference_form(&mut self, keyword: &str, index: impl Into<SortIdx>) {
        self.form(keyword, |printer| printer.reference(index));
    }
}
