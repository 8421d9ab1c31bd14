//! What a scan learns as it is decoded (ISO 14495-1 A.2 and A.6), and the parameters that it begins with (C.2.4.1.1).

use super::{PixelError, damaged};

const RESET: i32 = 64;

/// Parameters of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presets {
    pub(super) max: i32,
    pub(super) near: i32,
    thresholds: [i32; 3],
    reset: i32,
    pub(super) range: i32,
    /// qbpp
    pub(super) quantized_bits: u32,
    /// LIMIT
    pub(super) limit: u32,
}

impl Presets {
    pub(super) fn new(precision: u16, near: i32, given: Option<[i32; 5]>) -> Result<Self, PixelError> {
        let [max, t1, t2, t3, reset] = given.unwrap_or_default();
        let max = if max == 0 { (1 << precision) - 1 } else { max };
        if max >= 1 << precision || near > max / 2 {
            return Err(damaged("MAXVAL or NEAR is out of range"));
        }
        let clamp = |value: i32, low: i32| if value > max || value < low { low } else { value };
        let defaults = if max >= 128 {
            let factor = (max.min(4095) + 128) / 256;
            [factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near]
        } else {
            let factor = 256 / (max + 1);
            [(3 / factor).max(2) + 3 * near, (7 / factor).max(3) + 5 * near, (21 / factor).max(4) + 7 * near]
        };
        let or = |given: i32, default: i32, low: i32| if given == 0 { clamp(default, low) } else { given };
        let [d1, d2, d3] = defaults;
        let t1 = or(t1, d1, near + 1);
        let t2 = or(t2, d2, t1);
        let t3 = or(t3, d3, t2);
        let range = (max + 2 * near) / (2 * near + 1) + 1;
        let bits = |count: i32| 32 - (count - 1).leading_zeros();
        let sample_bits = bits(max + 1).max(2);
        Ok(Self {
            max,
            near,
            thresholds: [t1, t2, t3],
            reset: if reset == 0 { RESET } else { reset },
            range,
            quantized_bits: bits(range),
            limit: 2 * (sample_bits + sample_bits.max(8)),
        })
    }

    /// A gradient as one of nine classes (A.3.3).
    pub(super) fn quantize(&self, gradient: i32) -> i32 {
        let [t1, t2, t3] = self.thresholds;
        let size = gradient.abs();
        let class = match size {
            _ if size <= self.near => 0,
            _ if size < t1 => 1,
            _ if size < t2 => 2,
            _ if size < t3 => 3,
            _ => 4,
        };
        class * gradient.signum()
    }

    /// The value that a prediction and an error make (A.4.5 and A.5.2).
    pub(super) fn reconstruct(&self, prediction: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let mut value = prediction + error * step;
        if value < -self.near {
            value += self.range * step;
        } else if value > self.max + self.near {
            value -= self.range * step;
        }
        value.clamp(0, self.max)
    }
}

/// Statistics of a regular context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    a: i32,
    b: i32,
    /// The correction of predictions.
    pub(super) c: i32,
    n: i32,
}

impl Context {
    pub(super) fn new(presets: &Presets) -> Self {
        Self { a: first_sum(presets), b: 0, c: 0, n: 1 }
    }

    pub(super) fn golomb_parameter(&self) -> u32 {
        parameter(self.n, self.a)
    }

    /// The error that a code stands for (A.5.2).
    pub(super) fn unmap(&self, code: i32, k: u32, near: i32) -> i32 {
        let error = if code & 1 == 0 { code >> 1 } else { -((code + 1) >> 1) };
        match near == 0 && k == 0 && 2 * self.b <= -self.n {
            true => -error - 1,
            false => error,
        }
    }

    /// Learns from an error (A.6).
    pub(super) fn update(&mut self, error: i32, presets: &Presets) {
        self.b += error * (2 * presets.near + 1);
        self.a += error.abs();
        if self.n == presets.reset {
            self.a >>= 1;
            self.b >>= 1;
            self.n >>= 1;
        }
        self.n += 1;
        if self.b <= -self.n {
            self.b = (self.b + self.n).max(1 - self.n);
            self.c = (self.c - 1).max(-128);
        } else if self.b > 0 {
            self.b = (self.b - self.n).min(0);
            self.c = (self.c + 1).min(127);
        }
    }
}

/// Statistics of what interrupts a run (A.7.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct RunContext {
    a: i32,
    n: i32,
    negative: i32,
    /// RItype
    kind: i32,
}

impl RunContext {
    pub(super) fn new(presets: &Presets, kind: i32) -> Self {
        Self { a: first_sum(presets), n: 1, negative: 0, kind }
    }

    pub(super) fn golomb_parameter(&self) -> u32 {
        parameter(self.n, self.a + if self.kind == 1 { self.n >> 1 } else { 0 })
    }

    /// The error that a code stands for, which is also learnt from.
    pub(super) fn error(&mut self, code: i32, k: u32, presets: &Presets) -> i32 {
        let shifted = code + self.kind;
        let map = shifted & 1;
        let size = (shifted + map) >> 1;
        let is_negative = (k != 0 || 2 * self.negative >= self.n) == (map == 1);
        let error = if is_negative { -size } else { size };
        if error < 0 {
            self.negative += 1;
        }
        self.a += (code + 1 - self.kind) >> 1;
        if self.n == presets.reset {
            self.a >>= 1;
            self.n >>= 1;
            self.negative >>= 1;
        }
        self.n += 1;
        error
    }
}

fn first_sum(presets: &Presets) -> i32 {
    ((presets.range + 32) / 64).max(2)
}

/// The smallest k for which n × 2ᵏ reaches the sum (A.5.1).
fn parameter(n: i32, sum: i32) -> u32 {
    (0..24).find(|k| (i64::from(n) << k) >= i64::from(sum)).unwrap_or(24)
}
