//! DICOM files, byte by byte.

use std::{
    io::Write,
    sync::atomic::{AtomicU64, Ordering},
};

/// A UID that nothing else in this run has.
pub fn uid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("2.25.{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Explicit VR Little Endian.
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// Deflated Explicit VR Little Endian.
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
/// Pixel Data.
const PIXEL_DATA: u32 = 0x7FE0_0010;

/// A DICOM file in the making: a small secondary capture of its own study, unless told otherwise.
#[derive(Debug, Clone)]
pub struct Instance {
    pub study: String,
    pub series: String,
    pub instance: String,
    transfer_syntax: String,
    preamble: u8,
    elements: Vec<(u32, [u8; 2], Vec<u8>)>,
    /// Pixel data of undefined length, which comes last.
    encapsulated: Option<Vec<u8>>,
}

impl Instance {
    /// An instance of a new study.
    pub fn new() -> Self {
        Self::of(&uid(), &uid(), &uid())
    }

    /// An instance with these identifiers.
    pub fn of(study: &str, series: &str, instance: &str) -> Self {
        Self {
            study: study.to_owned(),
            series: series.to_owned(),
            instance: instance.to_owned(),
            transfer_syntax: EXPLICIT.to_owned(),
            preamble: 0,
            elements: Vec::new(),
            encapsulated: None,
        }
        .with(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7")
        .with(0x0008_0018, "UI", instance)
        .with(0x0008_0060, "CS", "OT")
        .with(0x0010_0020, "LO", "PAT-1")
        .with(0x0020_000D, "UI", study)
        .with(0x0020_000E, "UI", series)
    }

    /// Another instance of the same series.
    pub fn sibling(&self) -> Self {
        let mut sibling = self.clone();
        sibling.instance = uid();
        let instance = sibling.instance.clone();
        sibling.with(0x0008_0018, "UI", &instance)
    }

    /// Another series of the same study.
    pub fn cousin(&self) -> Self {
        let mut cousin = self.sibling();
        cousin.series = uid();
        let series = cousin.series.clone();
        cousin.with(0x0020_000E, "UI", &series)
    }

    /// Sets an attribute; text is padded as its VR wants.
    pub fn with(self, tag: u32, vr: &str, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if vr == "UI" { 0 } else { b' ' });
        }
        self.with_bytes(tag, vr, bytes)
    }

    /// Sets an attribute to raw bytes.
    pub fn with_bytes(mut self, tag: u32, vr: &str, bytes: Vec<u8>) -> Self {
        self.elements.retain(|(known, ..)| *known != tag);
        let vr = vr.as_bytes().try_into().expect("a VR has two letters");
        self.elements.push((tag, vr, bytes));
        self.elements.sort_by_key(|(tag, ..)| *tag);
        self
    }

    /// Removes an attribute.
    pub fn without(mut self, tag: u32) -> Self {
        self.elements.retain(|(known, ..)| *known != tag);
        self
    }

    /// Fills the preamble with something else than zeros.
    pub fn with_preamble(mut self, byte: u8) -> Self {
        self.preamble = byte;
        self
    }

    /// Names a transfer syntax; the elements stay explicit.
    pub fn with_transfer_syntax(mut self, uid: &str) -> Self {
        self.transfer_syntax = uid.to_owned();
        self
    }

    /// A gray image of 8 bits.
    pub fn with_pixels(self, rows: u16, columns: u16, frames: usize) -> Self {
        let pixels = (0..usize::from(rows) * usize::from(columns) * frames).map(|index| index as u8).collect();
        let us = |number: u16| number.to_le_bytes().to_vec();
        self.with_bytes(0x0028_0002, "US", us(1))
            .with(0x0028_0004, "CS", "MONOCHROME2")
            .with(0x0028_0008, "IS", &frames.to_string())
            .with_bytes(0x0028_0010, "US", us(rows))
            .with_bytes(0x0028_0011, "US", us(columns))
            .with_bytes(0x0028_0100, "US", us(8))
            .with_bytes(0x0028_0101, "US", us(8))
            .with_bytes(0x0028_0102, "US", us(7))
            .with_bytes(0x0028_0103, "US", us(0))
            .with_bytes(0x7FE0_0010, "OB", pixels)
    }

    /// Encapsulated pixel data in this transfer syntax, with a basic offset table.
    pub fn with_fragments(mut self, transfer_syntax: &str, offsets: &[u32], fragments: &[&[u8]]) -> Self {
        let offsets: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        let mut items = Vec::new();
        for item in [offsets.as_slice()].iter().chain(fragments) {
            items.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0]);
            items.extend_from_slice(&(item.len() as u32).to_le_bytes());
            items.extend_from_slice(item);
        }
        items.extend_from_slice(&[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        self = self.without(PIXEL_DATA).with_transfer_syntax(transfer_syntax);
        self.encapsulated = Some(items);
        self
    }

    /// Deflates the elements.
    pub fn deflated(self) -> Self {
        self.with_transfer_syntax(DEFLATED)
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut meta = Vec::new();
        let mut syntax = self.transfer_syntax.clone().into_bytes();
        if syntax.len() % 2 == 1 {
            syntax.push(0);
        }
        element(&mut meta, 0x0002_0010, *b"UI", &syntax);
        let mut file = vec![self.preamble; 128];
        file.extend_from_slice(b"DICM");
        element(&mut file, 0x0002_0000, *b"UL", &(meta.len() as u32).to_le_bytes());
        file.extend_from_slice(&meta);
        file.extend_from_slice(&match self.transfer_syntax.as_str() {
            DEFLATED => deflate(&self.dataset()),
            _ => self.dataset(),
        });
        file
    }

    fn dataset(&self) -> Vec<u8> {
        let mut dataset = Vec::new();
        for (tag, vr, bytes) in &self.elements {
            element(&mut dataset, *tag, *vr, bytes);
        }
        if let Some(items) = &self.encapsulated {
            dataset.extend_from_slice(&[0xE0, 0x7F, 0x10, 0x00, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
            dataset.extend_from_slice(items);
        }
        dataset
    }

    /// The file as it is stored: with a preamble of zeros.
    pub fn stored_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes[..128].fill(0);
        bytes
    }

    /// The path of the study below the version.
    pub fn study_path(&self) -> String {
        format!("/studies/{}", self.study)
    }

    /// The path of the series below the version.
    pub fn series_path(&self) -> String {
        format!("{}/series/{}", self.study_path(), self.series)
    }

    /// The path of the instance below the version.
    pub fn path(&self) -> String {
        format!("{}/instances/{}", self.series_path(), self.instance)
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn element(out: &mut Vec<u8>, tag: u32, vr: [u8; 2], value: &[u8]) {
    out.extend_from_slice(&((tag >> 16) as u16).to_le_bytes());
    out.extend_from_slice(&(tag as u16).to_le_bytes());
    out.extend_from_slice(&vr);
    if matches!(
        &vr,
        b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV" | b"SQ" | b"UC" | b"UR" | b"UT" | b"UN" | b"SV" | b"UV"
    ) {
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    } else {
        out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    }
    out.extend_from_slice(value);
}
