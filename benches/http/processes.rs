//! What the system says of processes, in `/proc`: the time that they spent on processors, and their memory.

use std::{fs, path::Path, time::Duration};

use anyhow::Context;

/// Ticks of `/proc/{pid}/stat` in a second. The kernel shows all programs the same number, whatever its own clock.
const TICKS: u64 = 100;

/// Times of one process.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Its parent.
    pub parent: u32,
    /// Spent by its threads, those that have ended included.
    pub own: Duration,
    /// Spent by its children that have ended, and theirs.
    pub ended_children: Duration,
}

/// Reads the times of a process; exact to 10 ms.
pub fn times(process: u32) -> anyhow::Result<Times> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the name in brackets, and may itself hold blanks and brackets.
    let (_, fields) = stat.rsplit_once(") ").context("a malformed stat")?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // Numbered as in proc(5); the split took the first two.
    let field = |number: usize| -> anyhow::Result<u64> { Ok(fields.get(number - 3).context("a short stat")?.parse()?) };
    let ticks = |user, system| -> anyhow::Result<Duration> {
        Ok(Duration::from_millis((field(user)? + field(system)?) * (1000 / TICKS)))
    };
    Ok(Times { parent: u32::try_from(field(4)?)?, own: ticks(14, 15)?, ended_children: ticks(16, 17)? })
}

/// The time that the living threads of a process have spent; exact to the nanosecond.
pub fn exact_time(process: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let schedstat = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += schedstat.split(' ').next().context("a malformed schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The children of a process that live now.
pub fn children(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process that has ended meanwhile is nobody's child.
        if times(id).is_ok_and(|times| times.parent == process) {
            children.push(id);
        }
    }
    Ok(children)
}

/// Resident memory in bytes: each page divided by how many processes share it; whole pages where that cannot be read.
pub fn memory(process: u32) -> anyhow::Result<u64> {
    let proportional = field_of(format!("/proc/{process}/smaps_rollup").as_ref(), "Pss:");
    proportional.or_else(|_| field_of(format!("/proc/{process}/status").as_ref(), "VmRSS:"))
}

/// A field that is given in kB.
fn field_of(file: &Path, name: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string(file)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).context("no such field")?;
    let kilobytes: u64 = value.trim().trim_end_matches("kB").trim_end().parse()?;
    Ok(kilobytes * 1024)
}
