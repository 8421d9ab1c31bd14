//! Decoding a scan, line by line (ISO 14495-1 A and B).

use super::{
    PixelError,
    bits::Bits,
    context::{Context, Presets, RunContext},
    damaged,
};

/// J (A.2.1): bits of the length of a run.
const RUN_BITS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// 81 × Q1 + 9 × Q2 + Q3 at most, and 0.
const CONTEXTS: usize = 365;

/// How the components of a scan follow each other. A scan of one component is one of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleave {
    Line,
    Sample,
}

/// A scan that is to be decoded.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) components: usize,
    pub(super) interleave: Interleave,
    pub(super) presets: Presets,
}

/// The line that is being decoded and the one above it, each with one more value at either end.
struct Lines {
    above: Vec<i32>,
    current: Vec<i32>,
    run_index: usize,
}

struct Decoder<'a> {
    bits: Bits<'a>,
    presets: Presets,
    contexts: Vec<Context>,
    runs: [RunContext; 2],
}

/// The values around the one that is due (A.3.1).
struct Neighbours {
    left: i32,
    above: i32,
    above_left: i32,
    above_right: i32,
}

impl Scan {
    /// The components, and how many bytes of the input they took.
    pub(super) fn decode(&self, input: &[u8]) -> Result<(Vec<Vec<u16>>, usize), PixelError> {
        let mut decoder = Decoder {
            bits: Bits::new(input),
            presets: self.presets,
            contexts: vec![Context::new(&self.presets); CONTEXTS],
            runs: [0, 1].map(|kind| RunContext::new(&self.presets, kind)),
        };
        let mut planes: Vec<Vec<u16>> = vec![Vec::new(); self.components];
        let mut lines: Vec<Lines> = (0..self.components).map(|_| Lines::new(self.columns)).collect();
        for _ in 0..self.rows {
            lines.iter_mut().for_each(Lines::begin);
            match self.interleave {
                Interleave::Line => {
                    for line in &mut lines {
                        decoder.line(line, self.columns)?;
                    }
                }
                Interleave::Sample => decoder.samples(&mut lines, self.columns)?,
            }
            for (plane, line) in planes.iter_mut().zip(&lines) {
                let values = line.current.get(1..=self.columns).unwrap_or_default();
                plane.extend(values.iter().map(|value| *value as u16));
            }
        }
        Ok((planes, decoder.bits.used()))
    }
}

impl Lines {
    fn new(columns: usize) -> Self {
        Self { above: vec![0; columns + 2], current: vec![0; columns + 2], run_index: 0 }
    }

    /// The line becomes the one above, and its ends are extended.
    fn begin(&mut self) {
        std::mem::swap(&mut self.above, &mut self.current);
        let columns = self.above.len() - 2;
        self.above[columns + 1] = self.above[columns];
        self.current[0] = self.above[1];
    }

    /// The values around column `x`, which counts from 1.
    fn around(&self, x: usize) -> Neighbours {
        Neighbours {
            left: self.current[x - 1],
            above: self.above[x],
            above_left: self.above[x - 1],
            above_right: self.above[x + 1],
        }
    }
}

impl Neighbours {
    /// The context of the gradients (A.3.4): 81 × Q1 + 9 × Q2 + Q3, of either sign. 0 is a run.
    fn context(&self, presets: &Presets) -> i32 {
        81 * presets.quantize(self.above_right - self.above)
            + 9 * presets.quantize(self.above - self.above_left)
            + presets.quantize(self.above_left - self.left)
    }

    /// The edge-detecting prediction (A.4.1).
    fn prediction(&self) -> i32 {
        let (low, high) = (self.left.min(self.above), self.left.max(self.above));
        match self.above_left {
            corner if corner >= high => low,
            corner if corner <= low => high,
            corner => self.left + self.above - corner,
        }
    }
}

impl Decoder<'_> {
    /// A line of one component.
    fn line(&mut self, line: &mut Lines, columns: usize) -> Result<(), PixelError> {
        let mut x = 1;
        while x <= columns {
            let around = line.around(x);
            let context = around.context(&self.presets);
            if context != 0 {
                line.current[x] = self.regular(&around, context)?;
                x += 1;
                continue;
            }
            let run = self.run_length(&mut line.run_index, columns + 1 - x)?;
            line.current[x..x + run].fill(around.left);
            x += run;
            if x <= columns {
                let (left, above) = (around.left, line.above[x]);
                let kind = usize::from((left - above).abs() <= self.presets.near);
                let error = self.interruption(kind, line.run_index)?;
                line.current[x] = match kind {
                    1 => self.presets.reconstruct(left, error),
                    _ => self.presets.reconstruct(above, if left > above { -error } else { error }),
                };
                line.run_index = line.run_index.saturating_sub(1);
                x += 1;
            }
        }
        Ok(())
    }

    /// A line of all components, sample by sample: a run is one of whole pixels.
    fn samples(&mut self, lines: &mut [Lines], columns: usize) -> Result<(), PixelError> {
        let mut run_index = lines.first().map_or(0, |line| line.run_index);
        let mut x = 1;
        while x <= columns {
            let is_run = lines.iter().all(|line| line.around(x).context(&self.presets) == 0);
            if !is_run {
                for line in &mut *lines {
                    let around = line.around(x);
                    line.current[x] = self.regular(&around, around.context(&self.presets))?;
                }
                x += 1;
                continue;
            }
            let run = self.run_length(&mut run_index, columns + 1 - x)?;
            for line in &mut *lines {
                let left = line.current[x - 1];
                line.current[x..x + run].fill(left);
            }
            x += run;
            if x <= columns {
                for line in &mut *lines {
                    let (left, above) = (line.current[x - 1], line.above[x]);
                    let error = self.interruption(0, run_index)?;
                    line.current[x] = self.presets.reconstruct(above, if left > above { -error } else { error });
                }
                run_index = run_index.saturating_sub(1);
                x += 1;
            }
        }
        if let Some(line) = lines.first_mut() {
            line.run_index = run_index;
        }
        Ok(())
    }

    /// A value in the regular mode (A.4 to A.6).
    fn regular(&mut self, around: &Neighbours, context: i32) -> Result<i32, PixelError> {
        let presets = self.presets;
        let sign = if context < 0 { -1 } else { 1 };
        let context = &mut self.contexts[context.unsigned_abs() as usize];
        let prediction = (around.prediction() + sign * context.c).clamp(0, presets.max);
        let k = context.golomb_parameter();
        let code = self.bits.golomb(k, presets.limit, presets.quantized_bits)?;
        let error = context.unmap(code, k, presets.near);
        if error.abs() > 65_535 {
            return Err(damaged("an error is too large"));
        }
        context.update(error, &presets);
        Ok(presets.reconstruct(prediction, sign * error))
    }

    /// The length of a run (A.7.1), at most to the end of the line.
    fn run_length(&mut self, run_index: &mut usize, remaining: usize) -> Result<usize, PixelError> {
        let mut length = 0;
        while self.bits.take(1)? == 1 {
            let step = 1 << RUN_BITS[*run_index];
            length += step;
            if length <= remaining {
                *run_index = (*run_index + 1).min(RUN_BITS.len() - 1);
            }
            if length >= remaining {
                return Ok(remaining);
            }
        }
        length += self.bits.take(RUN_BITS[*run_index])? as usize;
        match length < remaining {
            true => Ok(length),
            false => Err(damaged("a run is longer than its line")),
        }
    }

    /// The error of the value that interrupts a run (A.7.2).
    fn interruption(&mut self, kind: usize, run_index: usize) -> Result<i32, PixelError> {
        let presets = self.presets;
        let context = &mut self.runs[kind];
        let k = context.golomb_parameter();
        let limit = presets.limit - RUN_BITS[run_index] - 1;
        let code = self.bits.golomb(k, limit, presets.quantized_bits)?;
        if code > 131_072 {
            return Err(damaged("an error is too large"));
        }
        Ok(context.error(code, k, &presets))
    }
}
