//! What a new transfer syntax changes in the description of an image.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use crate::dicom::pixel::{Arrangement, PixelFormat};

/// New values of attributes, in ascending order of their tags.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes(Vec<(Tag, VR, Vec<u8>)>);

impl Changes {
    /// What describes the image after it was as `before` and now is as `after`. Number of Frames is always told.
    pub(super) fn of(before: &PixelFormat, after: &PixelFormat, frames: u32) -> Self {
        let mut changes = Vec::new();
        if let Some(term) = after.photometric.term().filter(|_| before.photometric != after.photometric) {
            changes.push((tags::PHOTOMETRIC_INTERPRETATION, VR::CS, even_text(term)));
        }
        if after.samples > 1 && (before.arrangement, before.photometric) != (after.arrangement, after.photometric) {
            let planar = u16::from(after.arrangement == Arrangement::Planar);
            changes.push((tags::PLANAR_CONFIGURATION, VR::US, planar.to_le_bytes().to_vec()));
        }
        changes.push((tags::NUMBER_OF_FRAMES, VR::IS, even_text(&frames.to_string())));
        let words = [
            (tags::BITS_ALLOCATED, before.bits_allocated, after.bits_allocated),
            (tags::BITS_STORED, before.bits_stored, after.bits_stored),
            (tags::HIGH_BIT, before.high_bit, after.high_bit),
        ];
        let changed = words.into_iter().filter(|(_, before, after)| before != after);
        changes.extend(changed.map(|(tag, _, after)| (tag, VR::US, after.to_le_bytes().to_vec())));
        changes.sort_by_key(|(tag, ..)| *tag);
        Self(changes)
    }

    /// Gives an attribute a new value.
    pub(super) fn put(&mut self, tag: Tag, vr: VR, value: Vec<u8>) {
        let index = self.0.partition_point(|(other, ..)| *other < tag);
        self.0.insert(index, (tag, vr, value));
    }

    /// The changes in ascending order of their tags.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Tag, VR, Vec<u8>)> {
        self.0.iter()
    }

    /// Whether this attribute changes.
    pub(super) fn concern(&self, tag: Tag) -> bool {
        self.0.iter().any(|(changed, ..)| *changed == tag)
    }
}

/// A text of an even number of bytes.
pub(super) fn even_text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(b' ');
    }
    bytes
}
