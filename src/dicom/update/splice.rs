//! Edits of a stream of bytes.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

/// Puts bytes in the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// Offset in the old stream.
    pub(super) at: u64,
    /// Bytes that go.
    pub(super) skip: u64,
    /// Bytes that come.
    pub(super) insert: Bytes,
}

/// Where what lies at an offset of the old stream lies in the new one. Edits ascend and do not overlap.
pub(super) fn moved(edits: &[Edit], offset: u64) -> u64 {
    let before = edits.iter().take_while(|edit| edit.at <= offset);
    before.fold(offset, |moved, edit| moved.saturating_add(edit.insert.len() as u64).saturating_sub(edit.skip))
}

/// Edits a stream as it comes.
#[derive(Debug)]
pub(super) struct Splicer {
    /// Offset of the next byte of the old stream.
    position: u64,
    /// Bytes that still go.
    skip: u64,
    edits: VecDeque<Edit>,
}

impl Splicer {
    /// Stands at an offset of the old stream; edits ascend and do not overlap.
    pub(super) fn new(position: u64, edits: Vec<Edit>) -> Self {
        Self { position, skip: 0, edits: edits.into() }
    }

    /// Takes the next bytes of the old stream and appends those of the new one.
    pub(super) fn push(&mut self, mut chunk: Bytes, out: &mut Vec<Bytes>) {
        loop {
            let skipped = limit(self.skip, chunk.len());
            chunk.advance(skipped);
            self.advance(skipped);
            self.skip -= skipped as u64;
            if self.skip > 0 {
                return;
            }
            if let Some(edit) = self.due() {
                out.push(edit.insert);
                self.skip = edit.skip;
            } else if chunk.is_empty() {
                return;
            } else {
                let until = self.edits.front().map_or(u64::MAX, |edit| edit.at - self.position);
                let kept = chunk.split_to(limit(until, chunk.len()));
                self.advance(kept.len());
                out.push(kept);
            }
        }
    }

    /// Whether the old stream has reached as far as the edits do.
    pub(super) fn is_done(&self) -> bool {
        self.edits.is_empty() && self.skip == 0
    }

    /// The next edit, if it is here.
    fn due(&mut self) -> Option<Edit> {
        self.edits.front().filter(|edit| edit.at <= self.position)?;
        self.edits.pop_front()
    }

    fn advance(&mut self, count: usize) {
        self.position = self.position.saturating_add(count as u64);
    }
}

fn limit(count: u64, available: usize) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).min(available)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(at: u64, skip: u64, insert: &'static [u8]) -> Edit {
        Edit { at, skip, insert: Bytes::from_static(insert) }
    }

    fn splice(old: &[u8], edits: &[Edit], chunk: usize) -> Vec<u8> {
        let mut splicer = Splicer::new(0, edits.to_vec());
        let mut out = Vec::new();
        splicer.push(Bytes::new(), &mut out);
        old.chunks(chunk).for_each(|chunk| splicer.push(Bytes::copy_from_slice(chunk), &mut out));
        assert!(splicer.is_done());
        out.concat()
    }

    proptest! {
        #[test]
        fn bytes_go_and_come_wherever_the_stream_is_cut(chunk in 1..12_usize) {
            let edits = [edit(0, 1, b"<"), edit(3, 0, b"+"), edit(4, 2, b""), edit(8, 0, b"--"), edit(10, 0, b">")];
            prop_assert_eq!(splice(b"0123456789", &edits, chunk), b"<12+367--89>");
            let old_offsets = [1, 2, 3, 6, 7, 8, 9];
            let new: Vec<u64> = old_offsets.iter().map(|offset| moved(&edits, *offset)).collect();
            prop_assert_eq!(new, [1, 2, 4, 5, 6, 9, 10]);
        }
    }
}
