//! Places in texts, and the map from items to them.

use wattle_ast::{ItemKind, LineColumn, LineIndex, Outer, Path, SourceMap, Span};

#[test]
fn items_of_inner_modules_are_apart() {
    let func = |outer: &[Outer]| Path::item(ItemKind::Func, 0).within(outer);
    let (component, module) = (Outer::Component(2), Outer::CoreModule(1));
    let mut map = SourceMap::default();
    map.enter(component);
    map.enter(module);
    map.add_item(ItemKind::Func, 0, Span::new(1, 2));
    map.leave();
    map.leave();
    map.enter(module);
    map.add_item(ItemKind::Func, 0, Span::new(3, 4));
    map.leave();
    assert_eq!(map.span(&func(&[component, module])), Some(Span::new(1, 2)));
    assert_eq!(map.span(&func(&[module])), Some(Span::new(3, 4)));
    for unknown in [&[][..], &[component], &[module, component], &[module, module]] {
        assert_eq!(map.span(&func(unknown)), None, "{unknown:?}");
    }
    // A scope that was left can be entered again.
    map.enter(component);
    map.enter(module);
    map.add_item(ItemKind::Func, 1, Span::new(5, 6));
    let path = Path::item(ItemKind::Func, 1).within(&[component, module]);
    assert_eq!(map.span(&path), Some(Span::new(5, 6)));
}

/// Lines and columns found by counting character by character.
fn counted(text: &str, offset: usize) -> LineColumn {
    let (mut line, mut column) = (1, 1);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if offset < at + c.len_utf8() {
            break;
        }
        let crlf = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        if matches!(c, '\r' | '\n') && !crlf {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    LineColumn { line, column }
}

#[test]
fn every_offset_has_the_line_and_column_that_counting_finds() {
    let mut state = 7_u32;
    for len in 0..400 {
        let text: String = (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pieces = ["a", " ", "\n", "\r", "\r\n", "\u{e9}", "\u{20ac}", "\u{1f600}"];
                pieces[(state >> 16) as usize % if len % 2 == 0 { 5 } else { 8 }]
            })
            .collect();
        let lines = LineIndex::new(&text);
        for offset in 0..=text.len() {
            assert_eq!(lines.line_column(offset), counted(&text, offset), "{offset}");
        }
        assert_eq!(lines.line_column(usize::MAX), counted(&text, text.len()));
        let spans: Vec<_> = (1..).map_while(|line| lines.line_span(line)).collect();
        assert_eq!(spans.len(), lines.line_column(text.len()).line);
        let ends: Vec<_> = spans.iter().map(|span| span.end).collect();
        let starts: Vec<_> = spans.iter().skip(1).map(|span| span.start).collect();
        assert_eq!((ends.last(), &ends[..ends.len() - 1]), (Some(&text.len()), &starts[..]));
        assert_eq!(lines.line_span(0), None);
    }
}
