//! Components: unchanged sections keep their bytes, and streams give the bytes that the tree gives.

use std::time::Instant;

use pretty_assertions::assert_eq;
use wattle_ast::components::{
    Component, CoreType, Definition, Layer, Part, PrimType, RawSection, SectionId, Type, ValType,
};
use wattle_ast::{Custom, CustomData, Encode, Features, Reader, Wasm, leb128};
use wattle_encoder::components::Encoder;
use wattle_encoder::{
    encode_component, encode_component_canonical, encode_wasm, encode_wasm_canonical,
};
use wattle_parser::components::Parser;
use wattle_tests::components::{of_scripts, published};

/// Pseudo-random numbers that are the same in every run.
struct Random(u64);

impl Random {
    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn parse(bytes: &[u8]) -> Component<'_> {
    let component = Parser::new().features(Features::ALL).component(bytes);
    component.unwrap_or_else(|error| panic!("{error}: {bytes:x?}"))
}

/// All well-formed components of the test data.
fn all() -> Vec<Vec<u8>> {
    let of_scripts = of_scripts().into_iter().map(|binary| binary.bytes);
    let read = |bytes: &Vec<u8>| Parser::new().features(Features::ALL).component(bytes).is_ok();
    let scripts: Vec<_> = of_scripts.filter(read).collect();
    assert_eq!(scripts.len(), 60);
    scripts.into_iter().chain(published().iter().map(|file| file.bytes.clone())).collect()
}

#[test]
fn what_was_read_is_written_byte_for_byte() {
    for bytes in all() {
        let component = parse(&bytes);
        assert_eq!(encode_component(&component), bytes);
        let canonical = encode_component_canonical(&component);
        assert!(canonical.len() <= bytes.len());
        assert_eq!(parse(&canonical), component);
        assert_eq!(encode_component_canonical(&parse(&canonical)), canonical);
        let wasm = Wasm::from(component);
        assert_eq!((encode_wasm(&wasm), encode_wasm_canonical(&wasm)), (bytes, canonical));
    }
}

#[test]
fn streams_of_events_parts_and_definitions() {
    for bytes in all() {
        let component = parse(&bytes);
        let (mut verbatim, mut parts) = (Encoder::new(), Encoder::new());
        for event in Parser::new().features(Features::ALL).events(&bytes) {
            let event = event.unwrap();
            verbatim.event(&event);
            parts.part(&event.part);
        }
        assert_eq!(verbatim.finish(), bytes);
        assert_eq!(parse(&parts.finish()), component);
        let mut definitions = Encoder::new();
        component.definitions.iter().for_each(|definition| definitions.definition(definition));
        assert_eq!(parse(&definitions.finish()), component);
    }
}

/// A component that has sections of all kinds, several of which are alike, and inner components.
/// All its sizes have five bytes, so that a section that was written anew can be recognised.
fn padded() -> Vec<u8> {
    fn pad(component: &Component<'_>) -> Vec<u8> {
        let mut encoder = Vec::from(Component::PREAMBLE);
        let mut open: Vec<Vec<u8>> = Vec::new();
        let section = |out: &mut Vec<u8>, id: u8, content: &[u8]| {
            out.push(id);
            let len = content.len() as u32;
            let byte = |at: u32| (len >> (7 * at)) as u8 & 0x7f | if at < 4 { 0x80 } else { 0 };
            out.extend((0..5).map(byte));
            out.extend_from_slice(content);
        };
        let mut rest = &component.definitions[..];
        while let Some(first) = rest.first() {
            let mut len = 1;
            match first {
                Definition::Component => {
                    open.push(std::mem::replace(&mut encoder, Component::PREAMBLE.to_vec()));
                }
                Definition::End => {
                    let outer = open.pop().unwrap();
                    let inner = std::mem::replace(&mut encoder, outer);
                    section(&mut encoder, 4, &inner);
                }
                Definition::CoreModule(module) => {
                    section(&mut encoder, 1, &wattle_encoder::encode(module));
                }
                _ => {
                    let (id, run) = wattle_ast::components::first_section(rest).unwrap();
                    let mut content = Vec::new();
                    wattle_ast::components::encode_entries(id, run, &mut content);
                    section(&mut encoder, id.code(), &content);
                    len = run.len();
                }
            }
            rest = &rest[len..];
        }
        encoder
    }
    let module = wattle_parser::parse(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01").unwrap();
    let custom = |name: &'static str| {
        let data = CustomData::Bytes(b"xyz"[..].into());
        Definition::Custom(Custom { name: name.into(), data, after: None })
    };
    let mut definitions = Vec::new();
    for nth in 0..12_u32 {
        let ty = |ty| Definition::Type(ty);
        definitions.extend([
            ty(Type::Prim(PrimType::Bool)),
            ty(Type::FixedList { elem: ValType::Prim(PrimType::U8), len: 1 + nth }),
            custom(["a", "b", "c"][nth as usize % 3]),
            ty(Type::Instance),
            ty(Type::Tuple([ValType::Prim(PrimType::Char)].into())),
            ty(Type::Component),
            Definition::End,
            Definition::End,
            Definition::CoreModule(Box::new(module.clone())),
            Definition::Component,
            custom("inner"),
            ty(Type::FixedList { elem: ValType::Prim(PrimType::U16), len: 1 + nth }),
            Definition::Component,
            Definition::End,
            Definition::End,
            Definition::CoreType(CoreType::Module),
            Definition::End,
            Definition::Alias(wattle_ast::components::Alias::Outer {
                count: 0,
                item: wattle_ast::components::SortIdx::new(
                    wattle_ast::components::Sort::Plain(wattle_ast::components::PlainSort::Type),
                    nth,
                ),
            }),
        ]);
    }
    pad(&definitions.into_iter().collect())
}

/// The number of sections of a component and of those inside of it, and the number of those with a
/// size of five bytes.
fn sections(component: &Component<'_>) -> (usize, usize) {
    let sections = &component.encoding.sections;
    let is_padded = |raw: &&RawSection<'_>| {
        let mut reader = Reader::new(&raw.bytes[1..]);
        reader.u32().unwrap();
        reader.pos() == 5
    };
    (sections.len(), sections.iter().filter(is_padded).count())
}

/// The places of definitions that are in components, not in types.
fn places(component: &Component<'_>) -> Vec<usize> {
    let (mut types, mut places) = (0_usize, Vec::new());
    for (place, definition) in component.definitions.iter().enumerate() {
        match definition {
            Definition::End if types > 0 => types -= 1,
            Definition::End | Definition::Component if types == 0 => {}
            _ => {
                if types == 0 && definition.opens().is_none() {
                    places.push(place);
                }
                types += usize::from(definition.opens().is_some());
            }
        }
    }
    places
}

#[test]
fn a_change_leaves_the_other_sections_alone() {
    let bytes = padded();
    let original = parse(&bytes);
    assert_eq!(encode_component(&original), bytes);
    let (number, padded) = sections(&original);
    assert_eq!(number, padded);
    let mut random = Random(7);
    for nth in 0..600 {
        let mut component = original.clone();
        let edits = 1 + nth % 3;
        for _ in 0..edits {
            let places = places(&component);
            let place = places[random.below(places.len())];
            let new = Definition::Type(Type::Prim(PrimType::ALL[random.below(14)]));
            match random.below(4) {
                0 => drop(component.definitions.remove(place)),
                1 => component.definitions.insert(place, new),
                2 => component.definitions[place] = new,
                _ => {
                    let run: Vec<_> = core::iter::repeat_n(new, random.below(300)).collect();
                    drop(component.definitions.splice(place..place, run));
                }
            }
        }
        assert_eq!(component.check(), Ok(()));
        let written = encode_component(&component);
        let read = parse(&written);
        assert_eq!(read, component);
        // The size of the section around each change differs, and a section may be split in two.
        let (_, kept) = sections(&read);
        assert!(kept + 3 * edits >= padded, "{nth}: {kept} of {padded} after {edits} edits");
        assert_eq!(parse(&encode_component_canonical(&component)), component);
    }
}

#[test]
fn whole_modules_and_components_removed_or_moved() {
    let bytes = padded();
    let original = parse(&bytes);
    let (_, padded) = sections(&original);
    // The first inner component, with its content, and the last core module.
    let first = original.definitions.iter().position(|it| *it == Definition::Component).unwrap();
    let mut component = original.clone();
    let removed: Vec<_> = component.definitions.drain(first..first + 6).collect();
    assert_eq!(
        (removed.first(), removed.last()),
        (Some(&Definition::Component), Some(&Definition::End))
    );
    let read = encode_component(&component);
    let read = parse(&read);
    assert_eq!(read, component);
    assert_eq!(sections(&read).1, padded - 4);
    let mut moved = component.clone();
    moved.definitions.extend(removed);
    let written = encode_component(&moved);
    assert_eq!(parse(&written), moved);
    assert!(sections(&parse(&written)).1 >= padded - 4);
}

/// Lists without structure, and sections with other content, are written without a panic.
#[test]
fn lists_without_structure() {
    let bytes = padded();
    let mut random = Random(11);
    let original = parse(&bytes);
    for _ in 0..300 {
        let mut component = original.clone();
        for _ in 0..20 {
            let len = component.definitions.len();
            let (a, b) = (random.below(len), random.below(len));
            component.definitions.swap(a, b);
            let sections = &mut component.encoding.sections;
            let (a, b) = (random.below(sections.len()), random.below(sections.len()));
            sections.swap(a, b);
            let place = random.below(sections[a].bytes.len());
            sections[a].bytes.to_mut()[place] = random.below(256) as u8;
        }
        let _ = encode_component(&component).len() + encode_component_canonical(&component).len();
        let mut encoder = Encoder::new();
        component.definitions.iter().for_each(|definition| encoder.definition(definition));
        let _ = encoder.finish().len();
        if component.check().is_ok() {
            assert_eq!(parse(&encode_component(&component)), component);
        }
    }
}

#[test]
fn a_stream_can_lose_anything() {
    let bytes = padded();
    let mut random = Random(5);
    for _ in 0..500 {
        let kept = 1 + random.below(8);
        let mut encoder = Encoder::new();
        let mut parts = Vec::new();
        for event in Parser::new().features(Features::ALL).events(&bytes) {
            let event = event.unwrap();
            let is_kept = match &event.part {
                // Keeps every part that opens or closes a scope, so that the other parts stay in
                // theirs.
                Part::Enter(_) | Part::Leave | Part::Item(_) => true,
                Part::Definition(definition) => {
                    definition.opens().is_some()
                        || matches!(definition, Definition::End)
                        || random.below(8) < kept
                }
                Part::Section(_) => random.below(8) < kept,
            };
            if is_kept {
                match random.below(2) {
                    0 => encoder.event(&event),
                    _ => encoder.part(&event.part),
                }
                parts.push(event.part);
            }
        }
        let expected: Component<'_> = {
            let mut depth = 0;
            let mut module = None;
            let mut definitions = Vec::new();
            for part in parts {
                match part {
                    Part::Enter(Layer::Module) => module = Some(wattle_ast::Collector::default()),
                    Part::Enter(Layer::Component) => {
                        definitions.extend((depth > 0).then_some(Definition::Component));
                        depth += 1;
                    }
                    Part::Item(item) => module.as_mut().unwrap().item(item),
                    Part::Leave => match module.take() {
                        Some(module) => {
                            let module = Box::new(module.finish());
                            definitions.push(Definition::CoreModule(module));
                        }
                        None => {
                            depth -= 1;
                            definitions.extend((depth > 0).then_some(Definition::End));
                        }
                    },
                    Part::Definition(definition) => definitions.push(definition),
                    Part::Section(_) => {}
                }
            }
            definitions.into_iter().collect()
        };
        assert_eq!(parse(&encoder.finish()), expected);
    }
}

#[test]
fn a_stream_of_a_module_is_one() {
    let bytes = b"\0asm\x01\0\0\0\x05\x83\0\x01\0\x01";
    let (mut verbatim, mut parts) = (Encoder::new(), Encoder::new());
    for event in wattle_parser::components::events(bytes) {
        let event = event.unwrap();
        verbatim.event(&event);
        parts.part(&event.part);
    }
    assert_eq!(verbatim.finish(), bytes);
    assert_eq!(parts.finish(), b"\0asm\x01\0\0\0\x05\x03\x01\0\x01");
    assert_eq!(Encoder::new().finish(), Component::PREAMBLE);
}

/// Deep components, and many sections, are written in linear time on a small stack.
#[test]
fn depth_and_length_cost_no_more_than_they_have_bytes() {
    let depth = 100_000;
    let test = move || {
        let start = Instant::now();
        let open = (0..depth).map(|_| Definition::Component);
        let component: Component<'_> = open.chain((0..depth).map(|_| Definition::End)).collect();
        let bytes = encode_component(&component);
        let read = parse(&bytes);
        assert_eq!(read, component);
        assert_eq!(encode_component(&read), bytes);
        let mut stream = Encoder::new();
        component.definitions.iter().for_each(|definition| stream.definition(definition));
        assert_eq!(stream.finish(), bytes);
        // Many sections, every second of which has changed.
        let custom = |nth: u32| {
            let data = CustomData::Bytes(nth.to_bytes().into());
            Definition::Custom(Custom { name: "c".into(), data, after: None })
        };
        let flat: Component<'_> = (0..depth).map(custom).collect();
        let bytes = encode_component(&flat);
        let mut read = parse(&bytes);
        for (nth, definition) in read.definitions.iter_mut().enumerate().skip(1).step_by(2) {
            *definition = custom(nth as u32 + 1_000_000);
        }
        assert_eq!(parse(&encode_component(&read)), read);
        println!("{depth} levels and sections: {:.1?}", start.elapsed());
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(test).unwrap();
    thread.join().unwrap();
}

/// The bytes of the size of an inner module or component are kept only while the size is right.
#[test]
fn sizes_of_what_is_inside() {
    let mut bytes = Component::PREAMBLE.to_vec();
    bytes.extend([4, 0x88, 0x80, 0]);
    bytes.extend(Component::PREAMBLE);
    let mut component = parse(&bytes);
    assert_eq!(component.encoding.sections[0].id, SectionId::Component);
    assert_eq!(encode_component(&component), bytes);
    component.definitions.insert(1, Definition::Type(Type::Prim(PrimType::Bool)));
    let mut expected = Component::PREAMBLE.to_vec();
    expected.extend([4, 12]);
    expected.extend(Component::PREAMBLE);
    expected.extend([7, 2, 1, 0x7f]);
    assert_eq!(encode_component(&component), expected);
    let mut long = Vec::new();
    leb128::write_u32(&mut long, 200);
    let many = core::iter::repeat_n(Definition::Type(Type::Prim(PrimType::Bool)), 200);
    component.definitions.splice(1..2, many);
    assert_eq!(parse(&encode_component(&component)), component);
}
