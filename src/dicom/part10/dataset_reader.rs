//! The elements of a data set (PS3.5 7), whatever their nesting.

use std::mem;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{
    Fragment, Limits, PixelData, ScanError,
    header::{Carry, Encoding, Header, ITEM, ITEM_DELIMITER, NO_TAG, SEQUENCE_DELIMITER, UNDEFINED},
    nesting::{Content, Fragments, Nesting},
};
use crate::dicom::{
    dataset::{Dataset, Element, Extent, Value},
    dictionary, vr,
};

/// Reads a data set from pieces of any size.
#[derive(Debug)]
pub(super) struct DatasetReader {
    /// Everything before this has been read; what `carry` holds begins here.
    position: u64,
    state: State,
    carry: Carry,
    /// The last element, item or delimiter that began.
    tag: Tag,
    nesting: Nesting,
    /// Where the elements at top level begin.
    elements: Vec<(Tag, u64)>,
    /// What is left of the limits.
    budget: Limits,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) dataset: Dataset,
    pub(super) pixel_data: Option<PixelData>,
    /// Where the elements at top level begin.
    pub(super) elements: Vec<(Tag, u64)>,
    /// Where the last one ends.
    pub(super) end: u64,
}

#[derive(Debug)]
enum State {
    /// A header is due, or the end.
    Header,
    /// A value that is kept.
    Value { remaining: usize, bytes: Vec<u8>, target: Target },
    /// A value that is passed over.
    Skip { remaining: u64 },
    /// The content of a fragment, of whose head so many bytes are known.
    Fragment { remaining: u64, head: usize },
    /// Zeros behind the last element, which ended here.
    Padding { start: u64 },
}

/// What a kept value belongs to.
#[derive(Debug, Clone, Copy)]
enum Target {
    Element { tag: Tag, vr: VR, encoding: Encoding },
    OffsetTable,
}

impl DatasetReader {
    /// A reader that stands at `position`, before the first element.
    pub(super) fn new(encoding: Encoding, position: u64, limits: Limits) -> Self {
        Self {
            position,
            state: State::Header,
            carry: Carry::default(),
            tag: NO_TAG,
            nesting: Nesting::new(encoding),
            elements: Vec::new(),
            budget: limits,
        }
    }

    /// Reads all of the input.
    pub(super) fn push(&mut self, mut input: &[u8]) -> Result<(), ScanError> {
        while !input.is_empty() {
            let taken = match mem::replace(&mut self.state, State::Header) {
                State::Header => self.read_header(input)?,
                State::Value { remaining, bytes, target } => self.read_value(input, remaining, bytes, target),
                State::Skip { remaining } => self.skip(input, remaining),
                State::Fragment { remaining, head } => self.read_fragment(input, remaining, head),
                State::Padding { start } => self.read_padding(input, start)?,
            };
            input = input.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// The file ends here.
    pub(super) fn finish(self) -> Result<Read, ScanError> {
        let rest = self.carry.bytes();
        let end = match self.state {
            State::Header => rest.iter().all(|byte| *byte == 0).then_some(self.position),
            State::Padding { start } => Some(start),
            State::Value { .. } | State::Skip { .. } | State::Fragment { .. } => None,
        };
        let offset = self.position.saturating_add(rest.len() as u64);
        let whole = end.and_then(|end| Some((end, self.nesting.finish()?)));
        let (end, (dataset, pixel_data)) = whole.ok_or(ScanError::Truncated { offset, tag: self.tag })?;
        Ok(Read { dataset, pixel_data, elements: self.elements, end })
    }

    /// The first frame begins here; what comes behind is not looked at.
    pub(super) fn finish_head(mut self) -> Result<(Dataset, Option<PixelData>), ScanError> {
        if matches!(self.nesting.content(), Content::Fragments(_)) {
            self.nesting.close(self.position);
        }
        let found = self.nesting.finish().filter(|(_, pixel_data)| pixel_data.is_some());
        found.ok_or(ScanError::Truncated { offset: self.position, tag: self.tag })
    }

    fn read_header(&mut self, input: &[u8]) -> Result<usize, ScanError> {
        let (taken, header) = self.carry.read_header(input, self.nesting.encoding(), self.position)?;
        if let Some(header) = header {
            self.begin(header)?;
            self.end_levels();
        }
        Ok(taken)
    }

    /// Begins whatever has this header.
    fn begin(&mut self, header: Header) -> Result<(), ScanError> {
        let Header { tag, length, size, .. } = header;
        let offset = self.position;
        let elements = self.budget.elements.checked_sub(1);
        self.budget.elements = elements.ok_or(ScanError::TooManyElements { offset })?;
        self.tag = tag;
        self.position = offset.saturating_add(size.into());
        let end = if length == UNDEFINED { self.position } else { self.value_end(length) };
        if end > self.nesting.limit() {
            return Err(ScanError::Overrun { offset, tag });
        }
        match tag {
            ITEM => self.begin_item(length, offset),
            ITEM_DELIMITER | SEQUENCE_DELIMITER => self.delimit(offset),
            NO_TAG => self.begin_padding(length, offset),
            _ => self.begin_element(header, offset),
        }
    }

    fn begin_element(&mut self, header: Header, offset: u64) -> Result<(), ScanError> {
        let Header { tag, length, .. } = header;
        if !matches!(self.nesting.content(), Content::Elements(_)) {
            return Err(ScanError::ExpectedItem { offset, tag });
        }
        if self.nesting.is_outermost() {
            self.elements.push((tag, offset));
        }
        let (vr, encoding) = self.value_encoding(header);
        let is_offset_table = matches!(tag, tags::EXTENDED_OFFSET_TABLE | tags::EXTENDED_OFFSET_TABLE_LENGTHS);
        match vr {
            VR::SQ => self.begin_sequence(tag, length, encoding, offset),
            VR::OB | VR::OW if length == UNDEFINED => {
                let start = self.position;
                let fragments = Fragments { tag, vr, start, offset_table: None, fragments: Vec::new() };
                self.open(Content::Fragments(fragments), encoding, length);
                Ok(())
            }
            _ if length == UNDEFINED => Err(ScanError::UndefinedLength { offset, tag, vr }),
            _ if vr::is_bulk(vr) && !(is_offset_table && self.nesting.is_outermost()) => {
                self.begin_bulk(tag, vr, length);
                Ok(())
            }
            _ => self.begin_value(length, Target::Element { tag, vr, encoding }, offset),
        }
    }

    /// The value representation of an element and the encoding of its value.
    ///
    /// A value of VR UN is implicit VR little endian, whatever the data set is (PS3.5 6.2.2), so the dictionary can tell
    /// what it is; if its length is undefined, it is a sequence.
    fn value_encoding(&self, header: Header) -> (VR, Encoding) {
        let Header { tag, length, .. } = header;
        let encoding = match header.vr {
            None => self.nesting.encoding(),
            Some(VR::UN) => Encoding::UnknownLittle,
            Some(vr) => return (vr, self.nesting.encoding()),
        };
        match dictionary::vr_of(tag, || self.nesting.samples()) {
            Some(vr @ (VR::OB | VR::OW)) => (vr, self.nesting.encoding()),
            _ if length == UNDEFINED && header.vr == Some(VR::UN) => (VR::SQ, encoding),
            None if length == UNDEFINED => (VR::SQ, encoding),
            None => (VR::UN, encoding),
            Some(vr) => (vr, encoding),
        }
    }

    fn begin_sequence(&mut self, tag: Tag, length: u32, encoding: Encoding, offset: u64) -> Result<(), ScanError> {
        if self.nesting.is_full() {
            return Err(ScanError::TooDeep { offset });
        }
        self.open(Content::Items { tag, items: Vec::new() }, encoding, length);
        Ok(())
    }

    fn begin_item(&mut self, length: u32, offset: u64) -> Result<(), ScanError> {
        let position = self.position;
        match self.nesting.content() {
            Content::Elements(_) => Err(ScanError::ItemOutsideSequence { offset }),
            Content::Items { .. } => {
                let dataset = Dataset::with_charset(self.nesting.charset());
                self.open(Content::Elements(dataset), self.nesting.encoding(), length);
                Ok(())
            }
            Content::Fragments(Fragments { vr, .. }) if length == UNDEFINED => {
                Err(ScanError::UndefinedLength { offset, tag: ITEM, vr: *vr })
            }
            Content::Fragments(Fragments { offset_table: None, .. }) => {
                self.begin_value(length, Target::OffsetTable, offset)
            }
            Content::Fragments(Fragments { fragments, .. }) => {
                fragments.push(Fragment { offset: position, length, head: [0; 4] });
                if length > 0 {
                    self.state = State::Fragment { remaining: length.into(), head: 0 };
                }
                Ok(())
            }
        }
    }

    fn begin_bulk(&mut self, tag: Tag, vr: VR, length: u32) {
        let extent = Extent { offset: self.position, length: length.into() };
        self.nesting.add(Element { tag, vr, value: Value::Bulk(extent) });
        if length > 0 {
            self.state = State::Skip { remaining: length.into() };
        }
    }

    fn begin_value(&mut self, length: u32, target: Target, offset: u64) -> Result<(), ScanError> {
        let kept_bytes = self.budget.kept_bytes.checked_sub(length.into());
        self.budget.kept_bytes = kept_bytes.ok_or(ScanError::ValuesTooLarge { offset })?;
        match usize::try_from(length) {
            Ok(0) => self.end_value(Box::default(), target),
            Ok(remaining) => self.state = State::Value { remaining, bytes: Vec::new(), target },
            Err(_) => return Err(ScanError::ValuesTooLarge { offset }),
        }
        Ok(())
    }

    /// Zeros where an element is due: what fills the last block of a medium, and ends there.
    fn begin_padding(&mut self, length: u32, offset: u64) -> Result<(), ScanError> {
        if length > 0 || !self.nesting.is_outermost() {
            return Err(ScanError::NoElement { offset });
        }
        self.state = State::Padding { start: offset };
        Ok(())
    }

    fn read_value(&mut self, input: &[u8], remaining: usize, mut bytes: Vec<u8>, target: Target) -> usize {
        let part = input.get(..remaining).unwrap_or(input);
        self.advance(part.len());
        if part.len() < remaining {
            bytes.extend_from_slice(part);
            self.state = State::Value { remaining: remaining - part.len(), bytes, target };
        } else if bytes.is_empty() {
            self.end_value(part.into(), target);
            self.end_levels();
        } else {
            bytes.extend_from_slice(part);
            self.end_value(bytes.into_boxed_slice(), target);
            self.end_levels();
        }
        part.len()
    }

    fn end_value(&mut self, mut value: Box<[u8]>, target: Target) {
        match (target, self.nesting.content()) {
            (Target::OffsetTable, Content::Fragments(fragments)) => fragments.offset_table = Some(value),
            (Target::OffsetTable, _) => {}
            (Target::Element { tag, vr, encoding }, _) => {
                if encoding == Encoding::ExplicitBig {
                    value.chunks_exact_mut(vr::word_size(vr)).for_each(<[u8]>::reverse);
                }
                self.nesting.add(Element { tag, vr, value: Value::Bytes(value) });
            }
        }
    }

    fn skip(&mut self, input: &[u8], remaining: u64) -> usize {
        let part = usize::try_from(remaining).ok().and_then(|length| input.get(..length)).unwrap_or(input);
        self.advance(part.len());
        match remaining.saturating_sub(part.len() as u64) {
            0 => self.end_levels(),
            remaining => self.state = State::Skip { remaining },
        }
        part.len()
    }

    fn read_fragment(&mut self, input: &[u8], remaining: u64, head: usize) -> usize {
        let part = usize::try_from(remaining).ok().and_then(|length| input.get(..length)).unwrap_or(input);
        self.advance(part.len());
        if let Content::Fragments(Fragments { fragments, .. }) = self.nesting.content()
            && let Some(fragment) = fragments.last_mut()
        {
            fragment.head.iter_mut().skip(head).zip(part).for_each(|(to, from)| *to = *from);
        }
        let remaining = remaining.saturating_sub(part.len() as u64);
        if remaining > 0 {
            self.state = State::Fragment { remaining, head: head.saturating_add(part.len()) };
        }
        part.len()
    }

    fn read_padding(&mut self, input: &[u8], start: u64) -> Result<usize, ScanError> {
        match input.iter().position(|byte| *byte != 0) {
            Some(index) => Err(ScanError::NoElement { offset: self.position.saturating_add(index as u64) }),
            None => {
                self.advance(input.len());
                self.state = State::Padding { start };
                Ok(input.len())
            }
        }
    }

    /// Goes one level down, into what begins here.
    fn open(&mut self, content: Content, encoding: Encoding, length: u32) {
        let end = (length != UNDEFINED).then(|| self.value_end(length));
        self.nesting.open(content, encoding, end);
    }

    /// Ends the level that a delimiter belongs to.
    fn delimit(&mut self, offset: u64) -> Result<(), ScanError> {
        let due = match self.nesting.content() {
            Content::Elements(_) => ITEM_DELIMITER,
            Content::Items { .. } | Content::Fragments(_) => SEQUENCE_DELIMITER,
        };
        if self.tag != due || self.nesting.end().is_some() || self.nesting.is_outermost() {
            return Err(ScanError::UnexpectedDelimiter { offset, tag: self.tag });
        }
        self.nesting.close(self.position);
        Ok(())
    }

    /// Ends the levels whose defined length is used up.
    fn end_levels(&mut self) {
        while self.nesting.end() == Some(self.position) && matches!(self.state, State::Header) {
            self.nesting.close(self.position);
        }
    }

    fn advance(&mut self, count: usize) {
        self.position = self.position.saturating_add(count as u64);
    }

    fn value_end(&self, length: u32) -> u64 {
        self.position.saturating_add(length.into())
    }
}
