//! What a reader is inside of: data set, sequences, items, encapsulated pixel data.

use std::{iter, mem};

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{Fragment, MAX_DEPTH, PixelData, header::Encoding};
use crate::dicom::{
    charset::CharacterSet,
    dataset::{Dataset, Element, Extent, Value},
    dictionary::Samples,
};

/// The level that is being read and those around it.
#[derive(Debug)]
pub(super) struct Nesting {
    level: Level,
    /// Outermost first. Every sequence is two levels: itself, and an item of it.
    parents: Vec<Level>,
    pixel_data: Option<PixelData>,
}

#[derive(Debug)]
struct Level {
    content: Content,
    encoding: Encoding,
    /// Where it ends, if its length is defined; else a delimiter ends it.
    end: Option<u64>,
    /// The end of the innermost level, this one included, whose length is defined. Nothing may reach further.
    limit: u64,
}

/// What a level consists of.
#[derive(Debug)]
pub(super) enum Content {
    /// The elements of the data set itself, or of an item.
    Elements(Dataset),
    /// The items of a sequence.
    Items { tag: Tag, items: Vec<Dataset> },
    /// The items of a value of undefined length that is no sequence: pixel data.
    Fragments(Fragments),
}

#[derive(Debug)]
pub(super) struct Fragments {
    pub(super) tag: Tag,
    pub(super) vr: VR,
    /// Where the first item begins.
    pub(super) start: u64,
    /// The value of the first item, once it is there.
    pub(super) offset_table: Option<Box<[u8]>>,
    /// The other items.
    pub(super) fragments: Vec<Fragment>,
}

impl Nesting {
    /// The level of the data set itself.
    pub(super) fn new(encoding: Encoding) -> Self {
        let content = Content::Elements(Dataset::default());
        Self { level: Level { content, encoding, end: None, limit: u64::MAX }, parents: Vec::new(), pixel_data: None }
    }

    /// What the level consists of.
    pub(super) fn content(&mut self) -> &mut Content {
        &mut self.level.content
    }

    /// How elements and items of the level are encoded.
    pub(super) fn encoding(&self) -> Encoding {
        self.level.encoding
    }

    /// Where the level ends, unless a delimiter ends it.
    pub(super) fn end(&self) -> Option<u64> {
        self.level.end
    }

    /// How far elements and items of the level may reach.
    pub(super) fn limit(&self) -> u64 {
        self.level.limit
    }

    /// Whether the level is the data set itself.
    pub(super) fn is_outermost(&self) -> bool {
        self.parents.is_empty()
    }

    /// Whether another sequence would be one too many.
    pub(super) fn is_full(&self) -> bool {
        self.parents.len() >= 2 * MAX_DEPTH
    }

    /// Goes one level down. Without an `end`, a delimiter ends it.
    pub(super) fn open(&mut self, content: Content, encoding: Encoding, end: Option<u64>) {
        let limit = end.unwrap_or(self.level.limit);
        let parent = mem::replace(&mut self.level, Level { content, encoding, end, limit });
        self.parents.push(parent);
    }

    /// Goes one level up, from what ends at `position`.
    pub(super) fn close(&mut self, position: u64) {
        let Some(parent) = self.parents.pop() else {
            return;
        };
        match mem::replace(&mut self.level, parent).content {
            Content::Elements(mut dataset) => {
                dataset.sort();
                if let Content::Items { items, .. } = &mut self.level.content {
                    items.push(dataset);
                }
            }
            Content::Items { tag, items } => self.add(Element { tag, vr: VR::SQ, value: Value::Items(items) }),
            Content::Fragments(fragments) => {
                let Fragments { tag, vr, start, .. } = fragments;
                let extent = Extent { offset: start, length: position.saturating_sub(start) };
                self.add(Element { tag, vr, value: Value::Bulk(extent) });
                // It is known in more detail than the element tells.
                if tag == tags::PIXEL_DATA && self.is_outermost() {
                    self.pixel_data = Some(fragments.into_pixel_data());
                }
            }
        }
    }

    /// Adds an element to the level.
    pub(super) fn add(&mut self, element: Element) {
        if let (tags::PIXEL_DATA, Value::Bulk(extent), true) = (element.tag, &element.value, self.is_outermost()) {
            self.pixel_data = Some(PixelData::Native(*extent));
        }
        if let Content::Elements(dataset) = &mut self.level.content {
            dataset.push(element);
        }
    }

    /// The data set and its pixel data; nothing if a level is still open.
    pub(super) fn finish(self) -> Option<(Dataset, Option<PixelData>)> {
        match self.level.content {
            Content::Elements(mut dataset) if self.parents.is_empty() => {
                dataset.sort();
                Some((dataset, self.pixel_data))
            }
            _ => None,
        }
    }

    /// The character sets that an item inherits (PS3.3 C.12.1.1.2).
    pub(super) fn charset(&self) -> CharacterSet {
        self.datasets().next().map(Dataset::charset).unwrap_or_default()
    }

    /// How the samples of the image are to be read, as far as is known yet.
    pub(super) fn samples(&self) -> Samples {
        match self.datasets().find_map(Dataset::pixel_representation) {
            Some(1) => Samples::Signed,
            _ => Samples::Unsigned,
        }
    }

    /// The data sets that are being read, innermost first.
    fn datasets(&self) -> impl Iterator<Item = &Dataset> {
        let levels = iter::once(&self.level).chain(self.parents.iter().rev());
        levels.filter_map(|level| match &level.content {
            Content::Elements(dataset) => Some(dataset),
            Content::Items { .. } | Content::Fragments(_) => None,
        })
    }
}

impl Fragments {
    fn into_pixel_data(self) -> PixelData {
        let table = self.offset_table.unwrap_or_default();
        let (entries, _incomplete) = table.as_chunks();
        let offset_table = entries.iter().map(|entry| u32::from_le_bytes(*entry)).collect();
        PixelData::Encapsulated { offset_table, fragments: self.fragments }
    }
}
