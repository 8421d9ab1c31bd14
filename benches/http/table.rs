//! The table: a row as soon as it is measured.
#![allow(clippy::print_stdout)] // what a benchmark is for

use std::time::Duration;

use super::{load::Latency, server::Halves};

/// Bytes of a MiB.
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// One row.
#[derive(Debug)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// How.
    pub figures: Figures,
    /// What was hoped for.
    pub goal: Option<Goal>,
}

/// What was measured.
#[derive(Debug)]
pub enum Figures {
    /// Requests.
    Requests {
        /// How many.
        count: usize,
        /// From the first to the last.
        wall: Duration,
        /// How long one took.
        latency: Latency,
        /// Processor time of all of them.
        spent: Halves<Duration>,
        /// Processor time of the floor for as many.
        floor: Option<Duration>,
    },
    /// Resident memory in bytes.
    Memory(Halves<u64>),
}

/// What is hoped for.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Processor seconds for 1,000 requests, of the emulator and Postgres.
    ProcessorSeconds(f64),
    /// Milliseconds until the answer, in the middle.
    Milliseconds(f64),
    /// MiB of the emulator alone.
    Mebibytes(f64),
}

impl Row {
    /// Prints the names of the columns.
    pub fn print_header() {
        println!(
            "CPU in seconds per 1,000 requests; memory in MiB; floor: the CPU of the least that could do the same\n"
        );
        print(&[
            "measurement",
            "requests",
            "wall s",
            "req/s",
            "median ms",
            "p99 ms",
            "emulator",
            "postgres",
            "both",
            "floor",
            "ratio",
            "goal",
        ]);
        print(&["---"; 12]);
    }

    /// Prints the row.
    pub fn print(&self) {
        let cells = match &self.figures {
            Figures::Memory(halves) => {
                let [emulator, postgres] = [halves.emulator, halves.postgres].map(|bytes| bytes as f64 / MEBIBYTE);
                [const { String::new() }; 5]
                    .into_iter()
                    .chain([
                        format!("{emulator:.1}"),
                        format!("{postgres:.1}"),
                        format!("{:.1}", emulator + postgres),
                        String::new(),
                        String::new(),
                        self.goal_text(emulator),
                    ])
                    .collect::<Vec<_>>()
            }
            Figures::Requests { count, wall, latency, spent, floor } => {
                let per_thousand = |time: Duration| time.as_secs_f64() * 1e3 / *count as f64;
                let [emulator, postgres] = [spent.emulator, spent.postgres].map(per_thousand);
                let both = emulator + postgres;
                let floor = floor.map(per_thousand);
                let [median, p99] = [latency.median, latency.p99].map(|time| time.as_secs_f64() * 1e3);
                let reached = if matches!(self.goal, Some(Goal::Milliseconds(_))) { median } else { both };
                vec![
                    count.to_string(),
                    format!("{:.2}", wall.as_secs_f64()),
                    format!("{:.0}", *count as f64 / wall.as_secs_f64()),
                    format!("{median:.2}"),
                    format!("{p99:.2}"),
                    significant(emulator),
                    significant(postgres),
                    significant(both),
                    floor.map(significant).unwrap_or_default(),
                    floor.map(|floor| format!("{:.1}", both / floor)).unwrap_or_default(),
                    self.goal_text(reached),
                ]
            }
        };
        let cells: Vec<&str> = std::iter::once(self.name.as_str()).chain(cells.iter().map(String::as_str)).collect();
        print(&cells);
    }

    fn goal_text(&self, reached: f64) -> String {
        let (goal, unit) = match self.goal {
            None => return String::new(),
            Some(Goal::ProcessorSeconds(goal)) => (goal, ""),
            Some(Goal::Milliseconds(goal)) => (goal, " ms"),
            Some(Goal::Mebibytes(goal)) => (goal, " MiB"),
        };
        let verdict = if reached <= goal { "met" } else { "missed" };
        format!("{goal}{unit}: {verdict}")
    }
}

/// A number with about three digits.
fn significant(number: f64) -> String {
    match number {
        large if large >= 10.0 => format!("{large:.1}"),
        middling if middling >= 1.0 => format!("{middling:.2}"),
        small => format!("{small:.3}"),
    }
}

fn print(cells: &[&str]) {
    const WIDTHS: [usize; 12] = [46, 8, 7, 7, 9, 7, 8, 8, 8, 7, 6, 14];
    let cells = cells.iter().zip(WIDTHS).enumerate().map(|(index, (cell, width))| match (index, *cell) {
        (_, "---") => "-".repeat(width),
        (0, name) => format!("{name:<width$}"),
        (_, number) => format!("{number:>width$}"),
    });
    println!("{}", cells.collect::<Vec<_>>().join("  "));
}
