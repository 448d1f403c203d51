//! The shared code of the test files: feeds a module in chunks, and compares the results.

use wattle_ast::{Error, Features};
use wattle_parser::{EventReader, Parser, ReadError, Step};

/// Pseudo-random numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Walks the whole slice, and returns the number of events, whose bytes must tile it, or the error.
pub(crate) fn whole(wasm: &[u8], features: Features) -> Result<usize, Error> {
    let mut end = 0;
    let mut count = 0;
    for event in Parser::new().features(features).events(wasm) {
        let event = event?;
        assert_eq!(event.offset, end, "events tile the input");
        assert!(!event.bytes.is_empty());
        end += event.bytes.len();
        assert_eq!(event.bytes, &wasm[event.offset..end]);
        count += 1;
    }
    assert_eq!(end, wasm.len());
    Ok(count)
}

/// The checks of a parser whose input arrives bit by bit. The file that uses them imports the types
/// of the parser of modules or of components, under the same names.
macro_rules! check_arrival {
    () => {
        /// Feeds the input in chunks, and checks each event and the error against those of the slice.
        pub(crate) fn check_chunks(
            wasm: &[u8],
            features: Features,
            mut chunk: impl FnMut() -> usize,
        ) {
            let mut expected = Parser::new().features(features).events(wasm);
            let mut parser = Parser::new().features(features);
            let (mut taken, mut arrived) = (0, 0);
            loop {
                let eof = arrived == wasm.len();
                match parser.next(&wasm[taken..arrived], eof) {
                    Ok(Step::NeedMore(more)) => {
                        assert!(more > 0 && !eof, "{more} bytes are wanted, at the end: {eof}");
                        arrived = (arrived + chunk()).min(wasm.len());
                    }
                    Ok(Step::Event(event)) => {
                        assert_eq!(event.offset, taken);
                        taken += event.bytes.len();
                        match expected.next() {
                            Some(Ok(same)) if same == event => {}
                            other => panic!("{event:?} in chunks, {other:?} in the slice"),
                        }
                    }
                    Ok(Step::End) => {
                        assert_eq!(expected.next(), None);
                        return;
                    }
                    Err(error) => {
                        assert_eq!(expected.next(), Some(Err(error.clone())), "{wasm:x?}");
                        assert_eq!(expected.next(), None, "nothing comes after an error");
                        let again = parser.next(&wasm[taken..arrived], arrived == wasm.len());
                        assert_eq!(again, Err(error), "the same data bring the same error");
                        return;
                    }
                }
            }
        }

        /// Parses through an [`EventReader`] whose input hands out `chunk` bytes at most.
        pub(crate) fn check_reader(wasm: &[u8], features: Features, chunk: usize) {
            struct Slow<'a>(&'a [u8], usize);
            impl std::io::Read for Slow<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                    let len = buffer.len().min(self.1);
                    std::io::Read::read(&mut self.0, &mut buffer[..len])
                }
            }
            let parser = Parser::new().features(features);
            let reader = || EventReader::with_parser(parser.clone(), Slow(wasm, chunk));
            let mut expected = parser.clone().events(wasm);
            let passed = reader().pass_to(|event| {
                assert_eq!(Some(Ok(event)), expected.next().as_ref().map(|it| it.as_ref()));
            });
            match (passed, expected.next()) {
                (Ok(()), None) => {}
                (Err(ReadError::Malformed(error)), Some(Err(expected))) => {
                    assert_eq!(error, expected);
                }
                (passed, expected) => panic!("{passed:?} at the end, {expected:?} in the slice"),
            }
            let mut reader = reader();
            for expected in parser.events(wasm) {
                match (reader.next(), expected) {
                    (Ok(Some(event)), Ok(expected)) => assert_eq!(event, expected),
                    (Err(ReadError::Malformed(error)), Err(expected)) => {
                        assert_eq!(error, expected);
                        return;
                    }
                    (event, expected) => {
                        panic!("{event:?} from the reader, {expected:?} in the slice")
                    }
                }
            }
            assert!(matches!(reader.next(), Ok(None)));
        }
    };
}
pub(crate) use check_arrival;

check_arrival!();
