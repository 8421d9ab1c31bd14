//! The bits of a scan (ISO 14495-1 A.1 and C.1): after a byte FF the next one has only seven.

use super::{PixelError, damaged};

/// Zeros that a scan may be read beyond its end: what follows the last bit is not there to be read.
const SLACK: u32 = 64;

pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bytes that were taken.
    position: usize,
    buffer: u64,
    /// Valid bits of the buffer, its lowest ones.
    count: u32,
    /// The last byte was FF.
    is_stuffed: bool,
    /// Zeros that were made up behind the end.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, buffer: 0, count: 0, is_stuffed: false, made_up: 0 }
    }

    /// Bytes up to the marker that ends the scan.
    pub(super) fn used(&self) -> usize {
        // A few bytes may have been taken ahead: markers are searched from the last one that can belong to the scan.
        self.position.saturating_sub(self.count as usize / 8 + 1)
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let next = self.bytes.get(self.position).copied();
            match next {
                Some(byte) if !(self.is_stuffed && byte >= 0x80) => {
                    let width = if self.is_stuffed { 7 } else { 8 };
                    self.buffer = self.buffer << width | u64::from(byte);
                    self.count += width;
                    self.is_stuffed = byte == 0xFF;
                    self.position += 1;
                }
                _ => {
                    self.buffer <<= 8;
                    self.count += 8;
                    self.made_up += 8;
                }
            }
        }
    }

    fn peek(&mut self, count: u32) -> u64 {
        if self.count < count {
            self.fill();
        }
        (self.buffer >> (self.count - count)) & ((1 << count) - 1)
    }

    fn skip(&mut self, count: u32) -> Result<(), PixelError> {
        self.count -= count;
        match self.made_up.saturating_sub(self.count) <= SLACK {
            true => Ok(()),
            false => Err(damaged("a scan is cut off")),
        }
    }

    /// The next bits as a number; at most 32.
    pub(super) fn take(&mut self, count: u32) -> Result<i32, PixelError> {
        if count == 0 {
            return Ok(0);
        }
        let value = self.peek(count);
        self.skip(count)?;
        Ok(value as i32)
    }

    /// The number of zeros before the next one, which is taken as well.
    fn zeros(&mut self, limit: u32) -> Result<u32, PixelError> {
        let mut zeros = 0;
        loop {
            let window = self.peek(32) as u32;
            let leading = window.leading_zeros();
            if leading < 32 {
                self.skip(leading + 1)?;
                zeros += leading;
                return if zeros > limit { Err(damaged("a code is too long")) } else { Ok(zeros) };
            }
            self.skip(32)?;
            zeros += 32;
            if zeros > limit {
                return Err(damaged("a code is too long"));
            }
        }
    }

    /// A limited Golomb code (A.5.3).
    pub(super) fn golomb(&mut self, k: u32, limit: u32, quantized_bits: u32) -> Result<i32, PixelError> {
        let longest = limit - quantized_bits - 1;
        let zeros = self.zeros(longest)?;
        if zeros < longest {
            return Ok((zeros << k) as i32 + self.take(k)?);
        }
        Ok(self.take(quantized_bits)? + 1)
    }
}
