//! Frames: stretches of input whose size the input states before them, and the error for an item
//! that does not fit in its frame. The crate's documentation gives the rule.

use wattle_ast::{Feature, Features, Malformed, Reader};

/// The number of bytes after a frame that are read to determine the error for an item that does not
/// fit.
pub const LOOK_AHEAD: usize = 4096;

/// The limit up to which an item may be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Up to the end of its frame.
    Frame,
    /// Beyond the frame, to determine the error.
    Beyond,
}

/// The bytes that have arrived, and their place in the input. This is passed by reference, since a
/// copy for each call would take longer than reading some items.
pub(crate) struct Input<'b> {
    /// Bytes of the input that were not yet handed out.
    pub(crate) data: &'b [u8],
    /// Whether the input ends after these bytes.
    pub(crate) eof: bool,
    /// The offset in the input of the first byte of `data`.
    pub(crate) offset: usize,
    /// The number of bytes from `offset` up to the offset where the innermost module or component
    /// must end.
    pub(crate) room: usize,
    pub(crate) features: Features,
    /// Whether the instructions of bodies are not read.
    pub(crate) skip_bodies: bool,
}

impl<'b> Input<'b> {
    /// A reader of the data before position `end` that starts at position `start`.
    #[inline(always)]
    pub(crate) fn reader(&self, start: usize, end: usize) -> Reader<'b> {
        self.reader_with(self.features, start, end)
    }

    #[inline(always)]
    fn reader_with(&self, features: Features, start: usize, end: usize) -> Reader<'b> {
        let bytes = self.data.get(..end).unwrap_or(self.data);
        let mut reader = Reader::at(bytes, self.offset, features);
        reader.seek(start);
        reader
    }
}

/// A stretch of the data, whose bytes may not all have arrived yet.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// The position of the first byte.
    pub(crate) start: usize,
    /// The position after the last byte.
    pub(crate) end: usize,
    /// The error for an item that ends after the frame.
    pub(crate) overrun: Malformed,
    /// The number of bytes after the frame that are read to determine the error for an item that
    /// does not fit: [`LOOK_AHEAD`] in a module, and none in a component.
    pub(crate) look_ahead: usize,
}

/// The reason why an item cannot be decoded.
pub(crate) enum NoItem {
    /// The module ends here.
    End,
    /// At least this many bytes of data are needed.
    More(usize),
    /// The input ends before the end of the section.
    Truncated,
    /// The input ends between the sections of an inner module or component whose size states more
    /// bytes.
    CutShort,
    /// The module is malformed: the reason, and its position in the data.
    Malformed(Malformed, usize),
    /// The module is malformed unless the feature is on.
    Disabled(Malformed, usize, Feature),
    /// The module is malformed because these two numbers differ.
    Counts(Malformed, usize, [u32; 2]),
}

impl Frame {
    /// A frame in a module.
    pub(crate) fn of_module(start: usize, end: usize, overrun: Malformed) -> Frame {
        Frame { start, end, overrun, look_ahead: LOOK_AHEAD }
    }

    /// A frame in a component. The official phrases of components come from a decoder that never
    /// reads beyond a section.
    pub(crate) fn of_component(start: usize, end: usize) -> Frame {
        Frame { start, end, overrun: Malformed::EndOfFile, look_ahead: 0 }
    }

    /// Decodes an item at the start of the frame. `end` becomes the position after the item.
    #[inline(always)]
    pub(crate) fn decode<'b, T>(
        self,
        input: &Input<'b>,
        end: &mut usize,
        mut decode: impl FnMut(&mut Reader<'b>, Bounds) -> Result<T, Malformed>,
    ) -> Result<T, NoItem> {
        let mut reader = input.reader(self.start, self.end);
        match decode(&mut reader, Bounds::Frame) {
            Ok(value) => {
                *end = reader.pos();
                Ok(value)
            }
            Err(error) => Err(self.explain(input, error, reader.pos(), decode)),
        }
    }

    #[cold]
    #[inline(never)]
    fn explain<'b, T>(
        self,
        input: &Input<'b>,
        error: Malformed,
        pos: usize,
        mut decode: impl FnMut(&mut Reader<'b>, Bounds) -> Result<T, Malformed>,
    ) -> NoItem {
        let len = input.data.len();
        if !matches!(error, Malformed::UnexpectedEnd | Malformed::LengthOutOfBounds) {
            // Find a feature that gives the code a meaning. With this feature, the reader gets past
            // the code, even if the bytes after it are malformed.
            let enable = Feature::ALL.iter().copied().find(|&feature| {
                let more = input.features | feature.into();
                let mut reader = input.reader_with(more, self.start, self.end);
                is_code(error)
                    && more != input.features
                    && (decode(&mut reader, Bounds::Frame).is_ok() || reader.pos() > pos)
            });
            return match enable {
                Some(feature) => NoItem::Disabled(error, pos, feature),
                None => NoItem::Malformed(error, pos),
            };
        }
        let limit = self.end.saturating_add(self.look_ahead);
        let wanted = match error {
            Malformed::LengthOutOfBounds => end_of_length(input, pos),
            _ => 0,
        };
        if wanted > limit {
            return NoItem::Malformed(error, pos);
        }
        if len < self.end {
            if input.eof {
                return NoItem::Truncated;
            }
            // A stated length determines exactly how many bytes are needed. Otherwise ask for half
            // as many bytes again, so that there are few attempts.
            return NoItem::More(wanted.max(len + len / 2 + 1).min(self.end));
        }
        if len < limit && !input.eof {
            return NoItem::More(limit);
        }
        let mut reader = input.reader(self.start, limit);
        match decode(&mut reader, Bounds::Beyond) {
            Ok(_) => NoItem::Malformed(self.overrun, self.end),
            Err(Malformed::UnexpectedEnd) if len >= limit => {
                NoItem::Malformed(self.overrun, self.end)
            }
            Err(error) => NoItem::Malformed(error, reader.pos()),
        }
    }
}

/// Reads the size of a section, which follows the section's code at the start of the data. Returns
/// the position of the first byte of the content, the position after its last byte, and the size.
pub(crate) fn section_size(input: &Input<'_>) -> Result<(usize, usize, u32), NoItem> {
    let mut reader = input.reader(1, usize::MAX);
    match reader.u32() {
        Ok(size) => Ok((reader.pos(), reader.pos().saturating_add(size as usize), size)),
        Err(Malformed::UnexpectedEnd) if !input.eof => Err(NoItem::More(reader.pos() + 1)),
        Err(error) => Err(NoItem::Malformed(error, reader.pos())),
    }
}

/// Whether the error is about a code that another feature could permit.
fn is_code(error: Malformed) -> bool {
    matches!(
        error,
        Malformed::IllegalOpcode
            | Malformed::ImportKind
            | Malformed::LimitsFlags
            | Malformed::DefinitionType
            | Malformed::StorageType
            | Malformed::ReferenceType
            | Malformed::HeapType
            | Malformed::ElementSegmentKind
            | Malformed::DataSegmentKind
            | Malformed::ZeroByte
            | Malformed::MemopFlags
            | Malformed::IntegerTooLong
            | Malformed::IntegerTooLarge
    ) || error.subject().is_some()
}

/// The position up to which there must be bytes for the length at position `pos`. The bytes of the
/// length itself count, as in [`Reader::len32`].
fn end_of_length(input: &Input<'_>, pos: usize) -> usize {
    let len = input.reader(pos, usize::MAX).u32().unwrap_or(0);
    pos.saturating_add(len as usize)
}
