//! Writing what stands before the data set: preamble, mark and file meta information (PS3.10 7.1).

use dicom_core::VR;

use super::{MetaElement, header::Encoding, header::Header};
use crate::dicom::vr;

const META_GROUP: u16 = 0x0002;
const GROUP_LENGTH: u16 = 0x0000;

/// The elements of file meta information as it stands in a file.
pub fn meta_elements(meta: &[u8]) -> impl Iterator<Item = MetaElement<'_>> {
    let mut rest = meta;
    std::iter::from_fn(move || {
        let header = Header::read(rest, Encoding::ExplicitLittle, 0).ok().flatten()?;
        let value_start = usize::from(header.size);
        let value_end = value_start.checked_add(usize::try_from(header.length).ok()?)?;
        let value = rest.get(value_start..value_end)?;
        rest = rest.get(value_end..)?;
        Some(MetaElement { number: header.tag.1, vr: header.vr?, value })
    })
}

/// A preamble of zeros, the mark, and file meta information with new elements, which ascend, in place of those of their
/// numbers; its group length is what it is then. Values are of even length.
pub fn write_head<'a>(old: impl Iterator<Item = MetaElement<'a>>, new: &[MetaElement<'_>]) -> Vec<u8> {
    let is_kept = |number| number != GROUP_LENGTH && new.iter().all(|new| new.number != number);
    let mut meta = Vec::new();
    let mut new = new.iter().peekable();
    for element in old.filter(|element| is_kept(element.number)) {
        while let Some(new) = new.next_if(|new| new.number < element.number) {
            write(&mut meta, new);
        }
        write(&mut meta, &element);
    }
    new.for_each(|new| write(&mut meta, new));
    let length = u32::try_from(meta.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut head = vec![0; 128];
    head.extend_from_slice(b"DICM");
    write(&mut head, &MetaElement { number: GROUP_LENGTH, vr: VR::UL, value: &length });
    head.extend_from_slice(&meta);
    head
}

fn write(out: &mut Vec<u8>, MetaElement { number, vr, value }: &MetaElement<'_>) {
    out.extend_from_slice(&META_GROUP.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&vr.to_bytes());
    if vr::has_long_length(*vr) {
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    } else {
        out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    }
    out.extend_from_slice(value);
}
